#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, builds, and then
#
#	harness/setup.sh fuzz [OPTION...]	fuzzes the running kernel for a minute; the options
#						are those of vmafuzz fuzz
#	harness/setup.sh test			passes the tests
#	harness/setup.sh build			does neither, but builds everything
#
# Run again, it does no work twice. Packages are installed only where one is missing, by root only;
# an ordinary user is told the command instead. test and build also get the kernel sources that the
# userspace kernel backend is built from; without them (offline, say) all else is built and works.
set -eu

cd "$(dirname "$0")/.."
build=build/dev

# What the build cannot do without, as "program-or-file package". The rest is optional.
needed="cmake:cmake ninja:ninja-build cc:gcc pkg-config:pkg-config"
needed_modules="libbpf:libbpf-dev cmocka:libcmocka-dev"

# What the userspace kernel backend is built with, on top; and the series of its sources that are
# fetched if there are none yet. Another: build/dev/vmafuzz kernels get source VERSION
kernel_needed="flex:flex bison:bison bc:bc make:make gcc:gcc xz:xz-utils
	/usr/include/libelf.h:libelf-dev /usr/include/openssl/ssl.h:libssl-dev"
kernel_series=6.12

say() { printf 'setup: %s\n' "$*"; }
die() { say "$*" >&2; exit 3; }

have_libc() { [ -e /usr/include/stdio.h ] && [ -e "$(cc -print-file-name=libc.a 2>/dev/null)" ]; }

# Prints the packages that are missing. Clang is for the BPF program that reads the kernel's state.
missing() {
	for entry in $needed clang:clang; do
		command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}"
	done
	if command -v pkg-config >/dev/null; then
		for entry in $needed_modules; do
			pkg-config --exists "${entry%%:*}" || echo "${entry##*:}"
		done
	else
		for entry in $needed_modules; do
			echo "${entry##*:}"
		done
	fi
	have_libc || echo libc6-dev
}

have_clang_runtime() {
	echo 'int main(void) { return 0; }' |
		clang -fsanitize=address -x c - -o /dev/null 2>/dev/null
}

# The same of what only test and build want, and can do without.
missing_optional() {
	for entry in $kernel_needed; do
		case $entry in
		/*) [ -e "${entry%%:*}" ] || echo "${entry##*:}" ;;
		*) command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}" ;;
		esac
	done
	have_clang_runtime || echo libclang-rt-dev
}

install_optional() {
	packages=$(missing_optional | tr '\n' ' ')
	packages=${packages% }
	[ -n "$packages" ] || return 0
	install="apt-get install -y --no-install-recommends $packages"
	if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
		say "for the kernel backend and libFuzzer these are missing: sudo $install"
		return 0
	fi
	say "installing: $packages"
	export DEBIAN_FRONTEND=noninteractive
	$install --simulate >/dev/null 2>&1 || apt-get update || true
	$install || say "without these the kernel backend or libFuzzer may be missing: $packages"
}

install_missing() {
	packages=$(missing | tr '\n' ' ')
	packages=${packages% }
	[ -n "$packages" ] || return 0
	command -v apt-get >/dev/null ||
		die "these are missing, under the names that Debian gives them: $packages"
	install="apt-get install -y --no-install-recommends $packages"
	if [ "$(id -u)" -ne 0 ]; then
		if [ "$packages" = clang ]; then
			say "without clang no anon_vma graph is compared; to have it: sudo $install"
			return 0
		fi
		die "missing: $packages. Run this, then the same command again: sudo $install"
	fi
	say "installing: $packages"
	export DEBIAN_FRONTEND=noninteractive
	# The package lists of a fresh machine are absent or stale: only then are they fetched.
	$install --simulate >/dev/null 2>&1 || apt-get update
	$install || { apt-get update && $install; } || die "apt-get did not install: $packages"
}

# A newer compiler than ours may warn: that is no reason not to build.
configure() {
	cmake --preset dev -DVMA_WERROR="${VMA_WERROR-OFF}" >/dev/null || die "cmake failed"
}

# The targets in "$@", or all.
build() {
	ninja -C $build "$@" || die "the build failed"
}

# What is here already is used without asking the archive. cmake sees to a kernel backend for the
# sources that it finds when it is run.
get_kernel_source() {
	before=$($build/vmafuzz kernels list --cached) || true
	if $build/vmafuzz kernels get source $kernel_series >/dev/null; then
		[ "$before" = "$($build/vmafuzz kernels list --cached)" ] || configure
	else
		say "no kernel sources, no userspace kernel backend: run this again with a network"
	fi
}

say_what_is_absent() {
	[ -e /sys/kernel/btf/vmlinux ] ||
		say "this kernel has no BTF: the anon_vma graph is not compared"
	[ "$(id -u)" -eq 0 ] ||
		say "not root: the anon_vma graph is not compared (that takes CAP_BPF, CAP_PERFMON)"
}

run_fuzz() {
	say_what_is_absent
	status=0
	$build/vmafuzz fuzz --time 60s "$@" || status=$?
	if [ $status -eq 1 ]; then
		say "divergences were found: read report.txt in the directories named above"
		return 0
	fi
	return $status
}

run_tests() {
	say_what_is_absent
	status=0
	(cd $build && ctest --output-on-failure -j "$(nproc)") || status=$?
	grep -ah '\[  SKIPPED \] test_' $build/Testing/Temporary/LastTest.log | sort -u || true
	return $status
}

case ${1-}:$# in
fuzz:* | test:1 | build:1) ;;
*)
	say "usage: harness/setup.sh fuzz [OPTION...] | test | build" >&2
	exit 2
	;;
esac
verb=$1
shift
install_missing
[ "$verb" = fuzz ] || install_optional
configure
build vmafuzz
if [ "$verb" = fuzz ]; then
	run_fuzz "$@"
	exit
fi
get_kernel_source
build
[ "$verb" = build ] || run_tests
