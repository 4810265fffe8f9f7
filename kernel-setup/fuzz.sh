#!/usr/bin/env bash
# Gives each fuzz target a number of executions, one after the other, and prints a table.
#
#	bash kernel-setup/fuzz.sh                     all targets, a million executions each: hours
#	bash kernel-setup/fuzz.sh 200000              all targets, 200,000 executions each
#	bash kernel-setup/fuzz.sh 200000 demo FuzzHub those whose package or name matches one of the patterns of grep -E
#
# FUZZ_SECONDS bounds the time of a target; the table then has fewer executions. FUZZ_PARALLEL is the number of workers, 1 by default. It ends with 1 if a
# target failed: the input is in the package's testdata/fuzz, to be committed with what mends it, and the output is in the folder that is named at the start. The
# inputs that reach more code are kept in Go's cache (`go clean -fuzzcache` removes them), so that the next time begins where this one ended.
set -uo pipefail
cd "$(dirname "$0")/.."
count=1000000
if [[ ${1-} =~ ^[0-9]+$ ]]; then
	count=$1
	shift
fi
only=$(IFS='|'; echo "$*")
work=$(mktemp -d)
export GOMLX_NO_AUTO_INSTALL=1
echo "outputs: $work"

targets() { # PACKAGE TARGET, a line each
	grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r package; do
		go test -list '^Fuzz' "$package" | awk -v package="$package" '/^Fuzz/ { print package, $1 }'
	done
}

row='%-44s %-28s %12s %10s %8s  %s\n'
printf "$row" package target executions "new inputs" seconds result
failed=0
while read -r package target; do
	if [ -n "$only" ] && ! grep -qE "$only" <<<"$package $target"; then continue; fi
	out="$work/${package//\//_}.$target"
	start=$SECONDS
	timeout --signal=INT "${FUZZ_SECONDS:-0}" \
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${count}x" -fuzzminimizetime 1x -parallel "${FUZZ_PARALLEL:-1}" "$package" >"$out" 2>&1 </dev/null
	status=$?
	result=ok
	if [ $status = 124 ]; then
		result="ok so far"
	fi
	if grep -qE '^(--- |)FAIL|^panic:' "$out" && ! { [ $status = 124 ] && ! grep -q 'Failing input' "$out"; } || [ $status != 0 ] && [ $status != 124 ]; then
		result="FAILED, see $out"
		failed=1
	fi
	last=$(grep -E 'execs: [0-9]+' "$out" | tail -1)
	executions=$(sed -E 's/.*execs: ([0-9]+).*/\1/' <<<"$last")
	inputs=$(sed -nE 's/.*new interesting: ([0-9]+).*/\1/p' <<<"$last")
	printf "$row" "${package#./}" "$target" "${executions:-0}" "${inputs:-0}" $((SECONDS - start)) "$result"
done < <(targets)
exit $failed
