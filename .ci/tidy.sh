#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The house rules as a test. Each message gives the reason, since a rule without one invites a way
# round.
#
#	.ci/tidy.sh			checks the tree
#	.ci/tidy.sh --self-test		checks that every rule rejects its bad sample
#
# A sample is a little tree of its own in .ci/tidy_samples/, named after the rule that must reject
# it; no other rule may.
set -eu

cd "$(dirname "$0")/.."
samples=.ci/tidy_samples

# Prints "path:line: rule: message" for each violation in the files below directory $1.
check_tree() (
	cd "$1"
	find . \( -path ./build -o -path ./.git -o -path ./vmafuzz-findings -o \
		-path "./$samples" \) -prune -o -type f ! -name LICENSE -print | LC_ALL=C sort |
	while read -r path; do
		LC_ALL=C awk -v path="${path#./}" "$program" "$path"
	done
)

# The patterns have one letter in brackets where they would otherwise match themselves.
# shellcheck disable=SC2016
program='
function bad(rule, message) { printf "%s:%d: %s: %s\n", path, FNR, rule, message }
function columns(text,    i, n) {
	n = 0
	for (i = 1; i <= length(text); i++)
		n += substr(text, i, 1) == "\t" ? 8 - n % 8 : 1
	return n
}
BEGIN {
	c = path ~ /\.[ch]$/
	script = path ~ /\.(sh|cmake)$|CMakeLists\.txt$|^\.ci\/run$/
	executor = path ~ /^harness\/live\/(exec[^\/]*|live_ops)\.c$/
	bpf = path ~ /\.bpf\.c$/
	# One process, one kernel: its globals are its own, and each case frees or sets them anew.
	kernel = path ~ /^harness\/kernel\/(shim\/[^\/]*|trap|tests\/break_code)\.c$/
}
FNR == 1 && (c || path ~ /\.def$/) && $0 != "/* SPDX-License-Identifier: GPL-2.0-only */" {
	bad("spdx", "the first line names the licence, for tools that collect them")
}
(c || script) && columns($0) > 100 {
	bad("line-length", "over 100 columns: two files side by side must fit a screen")
}
c && FNR == 601 {
	bad("file-length", "over 600 lines: find the seam; a file is read in one go")
}
c && /^\{/ { opened = FNR }
c && /^\}/ && opened {
	if (FNR - opened - 1 > 70)
		bad("function-length", "over 70 lines: it cannot be seen at a glance")
	opened = 0
}
/(^|[^A-Za-z0-9_.])\/(hom[e]|roo[t]|wor[k]|far[m])\// {
	bad("machine-path", "a path of one machine: it means nothing on another")
}
/^de[b] |:\/\/[a-z0-9.-]+\/(debia[n]|ubunt[u])(-security)?([^a-z]|$)/ {
	bad("archive", "the host of a package archive: use what the machine is configured with")
}
(c || script) && /TOD[O]|FIXM[E]|(^|[^X])XX[X]([^X]|$)/ {
	bad("unfinished", "finish it, or open an issue: marks in the source are never read again")
}
executor && /(^|[^A-Za-z0-9_])(malloc|calloc|realloc|free|[a-z]*printf|f?puts|fopen)\(/ ||
executor && /<std(io|lib)\.h>/ {
	bad("executor-libc", "allocation and stdio map memory in the address space under test")
}
c && /(^|[^A-Za-z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|strtok)\(/ {
	bad("banned-unbounded", "writes without a bound or keeps hidden state: snprintf, strtok_r")
}
c && /(^|[^A-Za-z0-9_])(rand|srand|random|drand48)\(/ {
	bad("banned-random", "hidden state: a case could not be run again; use model/rng.h")
}
c && /(^|[^A-Za-z0-9_])(atoi|atol|atof)\(/ {
	bad("banned-atoi", "cannot tell a mistake from 0: use strtoul and look at what is left")
}
c && /(^|[^A-Za-z0-9_])(system|popen|alloca)\(/ {
	bad("banned-shell", "a shell or an unbounded stack: spawn the program, bound the array")
}
c && path ~ /^model\/[^\/]*$/ && /#include [<"](harness|fuzz|sys|linux|asm|unistd)/ {
	bad("model-depends", "the model is the specification: no backend, no system call")
}
c && path ~ /^harness\// && /#include "fuzz\// {
	bad("harness-depends", "dependencies go model <- harness <- fuzz only")
}
c && !executor && !bpf && !kernel &&
/^(static )?[a-z][a-z0-9_ ]*[ *][a-z_0-9]+(\[[^]]*\])*( =.*|;)$/ &&
!/const|^typedef|^return|^extern|^struct [a-z_0-9]+;/ {
	bad("mutable-global", "state outside of a session breaks persistent mode: make it a member")
}
'

self_test() {
	failed=0
	count=0
	rules=$(printf '%s\n' "$program" | sed -n 's/.*bad("\([a-z-]*\)".*/\1/p' | sort -u)
	for rule in $rules; do
		count=$((count + 1))
		if [ ! -d "$samples/$rule" ]; then
			echo "tidy: no bad sample for rule $rule"
			failed=$((failed + 1))
			continue
		fi
		hit=$(check_tree "$samples/$rule" | sed 's/^[^ ]* \([a-z-]*\):.*/\1/' | sort -u)
		if [ "$hit" != "$rule" ]; then
			echo "tidy: the sample for $rule was rejected by: ${hit:-no rule}"
			failed=$((failed + 1))
		fi
	done
	echo "tidy: $((count - failed)) of $count rules reject their bad sample"
	[ $failed -eq 0 ]
}

check() {
	found=$(check_tree .)
	if [ -n "$found" ]; then
		printf '%s\n' "$found"
		echo "tidy: $(printf '%s\n' "$found" | wc -l) violations"
		return 1
	fi
	echo "tidy: no violation"
}

case ${1-} in
--self-test) self_test ;;
'') check ;;
*) echo "usage: .ci/tidy.sh [--self-test]" >&2; exit 2 ;;
esac
