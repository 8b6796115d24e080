#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#	prepare.sh TREE OUT CONFIG
#
# Configures the kernel tree TREE with CONFIG on top of allnoconfig and makes the headers that are
# generated, in OUT; TREE itself is only read. Does nothing if OUT was prepared with the same.
set -eu

tree=$1
out=$2
config=$3

die() { echo "prepare: $*" >&2; exit 1; }

[ -f "$tree/mm/mremap.c" ] && [ -f "$tree/Kconfig" ] || die "$tree is not a kernel source tree"
for program in make gcc flex bison bc perl; do
	command -v $program >/dev/null ||
		die "$program is missing: apt-get install make gcc flex bison bc libelf-dev perl"
done
[ ! -f "$tree/.config" ] && [ ! -d "$tree/include/config" ] ||
	die "$tree has been built in; 'make mrproper' in it (or a clean checkout) is needed"

stamp="$tree $(cksum <"$config") $(cksum <"$tree/Makefile")"
[ "$(cat "$out/.vmafuzz" 2>/dev/null)" != "$stamp" ] || exit 0

mkdir -p "$out"
rm -f "$out/.vmafuzz"
log=$out/prepare.log
run() {
	make -s -C "$tree" O="$out" ARCH=x86_64 -j "$(nproc)" "$@" >"$log" 2>&1 ||
		{ tail -n 20 "$log" >&2; die "'make $*' failed in $tree; all of it is in $log"; }
}
run KCONFIG_ALLCONFIG="$config" allnoconfig
run prepare
echo "$stamp" >"$out/.vmafuzz"
