#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# How much of a kernel's memory management is reached by replaying a corpus on the userspace kernel
# backend, beside what the tree's own unit tests (tools/testing/vma) reach of it.
#
#	harness/kernel/coverage.sh [--program PROGRAM] VERSION [CORPUS...]
#
# VERSION is as for vmafuzz kernels get source, CORPUS files or directories; by default corpus/.
# PROGRAM is used instead of the fuzz_kernel_X.Y that is built here, with preset coverage; VMAFUZZ,
# from the environment, instead of build/dev/vmafuzz. Both halves are measured by clang; one that
# cannot be had is said below the table. Exit status 0, 2 wrong usage, 3 no coverage of fuzz_kernel.
# Needs clang, llvm, make, liburcu-dev.
set -eu

cd "$(dirname "$0")/../.."
files="mm/vma.c mm/vma_init.c mm/vma_exec.c mm/mremap.c mm/mprotect.c mm/madvise.c mm/mlock.c
	mm/mseal.c mm/mmap.c mm/rmap.c mm/interval_tree.c mm/util.c mm/userfaultfd.c mm/mempolicy.c
	mm/ksm.c fs/userfaultfd.c lib/maple_tree.c"
vmafuzz=${VMAFUZZ-build/dev/vmafuzz}
instrument="-fprofile-instr-generate -fcoverage-mapping"

say() { printf 'coverage: %s\n' "$*" >&2; }
die() { say "$*"; exit 3; }

usage() {
	echo "usage: harness/kernel/coverage.sh [--program PROGRAM] VERSION [CORPUS...]" >&2
	exit 2
}

# llvm_tool NAME: the one that belongs to clang, whose format of profiles is its own.
llvm_tool() {
	path=$(clang -print-prog-name="$1")
	command -v "$path" || die "no $1 beside clang: apt-get install llvm"
}

# The parts of the tree that its tests are built from: they leave files where they are built.
copy_parts() {
	mkdir "$1"
	(cd "$tree" && tar -cf - mm include lib arch/x86 tools/include tools/lib tools/scripts \
		tools/arch/x86 tools/testing/vma tools/testing/shared tools/testing/radix-tree) |
		tar -xf - -C "$1"
}

# Builds and runs tools/testing/vma in $scratch/tests; its counts go to $scratch/tests.sum.
# On failure, one line says why.
measure_tests() {
	[ -d "$tree/tools/testing/vma" ] || { echo "this tree has none"; return 1; }
	echo '#include <urcu.h>' | clang -fsyntax-only -x c - 2>/dev/null ||
		{ echo "not built: apt-get install liburcu-dev"; return 1; }
	copy_parts "$scratch/tests"
	dir=$scratch/tests/tools/testing/vma
	if ! make -C "$dir" -j "$(nproc)" CC=clang EXTRA_CFLAGS="$instrument" \
			>"$scratch/make.log" 2>&1; then
		reason=$(grep -m1 -oE 'undefined reference to .*' "$scratch/make.log") &&
			{ echo "does not link as shipped: $reason"; return 1; }
		reason=$(grep -m1 -E 'error|\*\*\*' "$scratch/make.log") || reason="see make"
		echo "does not build as shipped: $reason"
		return 1
	fi
	(cd "$dir" && LLVM_PROFILE_FILE=$scratch/tests.profraw ./vma >"$scratch/tests.log" 2>&1) ||
		{ echo "fails: $(tail -n 1 "$scratch/tests.log")"; return 1; }
	summarise tests "$dir/vma" "$scratch/tests"
}

# Replays the corpus, the words behind the program; $scratch/kernel.sum. One line on failure.
measure_kernel() {
	program=$1
	shift
	if ! LLVM_PROFILE_FILE=$scratch/kernel.profraw "$program" "$@" >"$scratch/run.log" 2>&1
	then
		# One that aborts leaves an empty profile: each file alone, and only those are lost.
		rm -f "$scratch/kernel.profraw"
		find "$@" -type f >"$scratch/list"
		lost=0
		while read -r file; do
			LLVM_PROFILE_FILE=$scratch/kernel-%m.profraw "$program" "$file" \
				>"$scratch/run.log" 2>&1 || lost=$((lost + 1))
		done <"$scratch/list"
		say "$lost of $(wc -l <"$scratch/list") files do not run to their end: not counted"
	fi
	summarise kernel "$program" "$tree"
}

# summarise NAME PROGRAM ROOT: $scratch/NAME.sum from $scratch/NAME*.profraw, as lines
# "FILE LINES OF BRANCHES OF FUNCTIONS OF", files relative to ROOT.
summarise() {
	set -- "$@" "$scratch/$1.profdata"
	"$profdata" merge -sparse "$scratch/$1"*.profraw -o "$4" 2>"$scratch/llvm.log" ||
		{ echo "no profile: $(tail -n 1 "$scratch/llvm.log")"; return 1; }
	"$cov" export -summary-only -instr-profile "$4" "$2" 2>"$scratch/llvm.log" |
	sed 's/{"filename":/\n&/g' |
	sed -nE 's/^\{"filename":"([^"]*)".*/\1 &/p' |
	awk -v root="$3/" '
		function pair(what) {
			match($0, "\"" what "\":\\{\"count\":[0-9]+,\"covered\":[0-9]+")
			split(substr($0, RSTART, RLENGTH), n, /[:,]/)
			return n[5] " " n[3]
		}
		{
			name = $1
			while (sub(/[^\/]+\/\.\.\//, "", name))
				;
			if (index(name, root) == 1)
				print substr(name, length(root) + 1), pair("lines"),
					pair("branches"), pair("functions")
		}' >"$scratch/$1.sum"
	[ -s "$scratch/$1.sum" ] ||
		{ echo "no coverage of the tree in $2"; return 1; }
}

# The functions of mm/rmap.c that deal with the anon_vma graph, with yes or no.
list_anon_vma() {
	"$cov" report -show-functions -instr-profile "$scratch/kernel.profdata" "$1" \
		"$tree/mm/rmap.c" 2>/dev/null |
	awk '$1 ~ /anon_vma|anon_rmap/ && $2 ~ /^[0-9]+$/ {
		sub(/^.*:/, "", $1)
		covered[$1] += $5 > $6
	}
	END {
		for (name in covered)
			printf "%-44s %s\n", name, covered[name] ? "yes" : "no"
	}' | sort
}

table() {
	printf '%-20s %-50s %s\n' "" "tools/testing/vma" "fuzz_kernel"
	printf '%-20s %-20s %-20s %-8s %-20s %-20s %s\n' file lines branches functions lines \
		branches functions
	for file in $files; do
		[ -e "$tree/$file" ] && echo "$file"
	done | awk -v tests="$scratch/tests.sum" -v kernel="$scratch/kernel.sum" '
		function load(path, into,    line, part) {
			while ((getline line <path) > 0) {
				split(line, part, " ")
				into[part[1]] = line
			}
		}
		function percent(n, of) {
			return of ? sprintf("%5.1f %% %s/%s", 100 * n / of, n, of) : "-"
		}
		function columns(line,    part) {
			if (line == "")
				return sprintf("%-20s %-20s %-8s", "-", "-", "-")
			split(line, part, " ")
			return sprintf("%-20s %-20s %-8s", percent(part[2], part[3]),
				percent(part[4], part[5]), part[6] "/" part[7])
		}
		BEGIN { load(tests, a); load(kernel, b) }
		{
			row = sprintf("%-20s %s %s", $1, columns(a[$1]), columns(b[$1]))
			sub(/ +$/, "", row)
			print row
		}'
}

# Builds the program that replays and sets $program to it. On failure, $kernel_note says why.
build_program() {
	target=fuzz_kernel_$series
	if ! cmake --preset coverage >"$scratch/build.log" 2>&1; then
		kernel_note="not built: cmake --preset coverage fails"
	elif ! ninja -C build/coverage "$target" >"$scratch/build.log" 2>&1; then
		kernel_note="not built: $(tail -n 1 "$scratch/build.log")"
	else
		program=build/coverage/$target
	fi
}

program=
if [ "${1-}" = --program ]; then
	[ $# -ge 2 ] || usage
	program=$2
	shift 2
fi
case ${1-} in
[0-9]*) version=$1 ;;
*) usage ;;
esac
shift
[ $# -gt 0 ] || set -- corpus

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 3' HUP INT TERM
command -v clang >/dev/null || die "no clang: apt-get install clang llvm"
cov=$(llvm_tool llvm-cov)
profdata=$(llvm_tool llvm-profdata)
[ -x "$vmafuzz" ] || die "not built yet: harness/setup.sh build"
tree=$("$vmafuzz" kernels get source "$version")
release=${tree##*/}
series=$(echo "$release" | cut -d . -f 1,2)

say "$release: building and running tools/testing/vma"
tests_note=$(measure_tests) || true
say "$release: building fuzz_kernel and replaying $*"
kernel_note=
[ -n "$program" ] || build_program
[ -z "$program" ] || kernel_note=$(measure_kernel "$program" "$@") || true

echo "Coverage of Linux $release"
echo
table
echo
[ -z "$tests_note" ] || echo "tools/testing/vma: $tests_note"
[ -z "$kernel_note" ] || echo "fuzz_kernel: $kernel_note"
if [ -s "$scratch/kernel.sum" ]; then
	echo
	echo "Functions of mm/rmap.c for the anon_vma graph: reached by fuzz_kernel?"
	echo
	list_anon_vma "$program"
fi
[ -z "$kernel_note" ] || exit 3
