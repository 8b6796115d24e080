#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzes a target for some seconds under AFL++, with the mutator that knows operations alone, and
# fails unless AFL++ found that the same input takes the same branches each time. Less than that
# means that something is left over from one input to the next.
#
#	fuzz/afl_stability.sh TARGET SEEDS MUTATOR
set -eu

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	AFL_CUSTOM_MUTATOR_LIBRARY="$3" AFL_CUSTOM_MUTATOR_ONLY=1 \
	afl-fuzz -V 10 -i "$2" -o "$out" "$1" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
awk -F ' *: *' '
	$1 ~ /^(execs_per_sec|corpus_count|saved_crashes|stability)$/ { print $1 ": " $2 }
	$1 == "stability" { stable = $2 + 0 }
	$1 == "saved_crashes" { crashes = $2 + 0 }
	$1 == "corpus_count" { kept = $2 + 0 }
	END { exit !(stable >= 99 && crashes == 0 && kept > 0) }' "$out/default/fuzzer_stats"
