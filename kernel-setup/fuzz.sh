#!/usr/bin/env bash
# Gives each fuzz target a number of executions, one after the other, and prints a table.
#
#	bash kernel-setup/fuzz.sh                     all targets, a million executions each: hours
#	bash kernel-setup/fuzz.sh 200000              all targets, 200,000 executions each
#	bash kernel-setup/fuzz.sh 200000 demo FuzzHub those whose package or name matches a pattern of grep -E
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

cache=$(go env GOCACHE)/fuzz
row='%-40s %-24s %12s %10s %8s  %s\n'
printf "$row" package target executions "new inputs" seconds result
failed=0
for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do
	program="$work/${package//\//_}.test"
	targets=$(grep -ohE '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //' | while read -r target; do
		grep -qE "$only" <<<"$package $target" && echo "$target"
	done)
	if [ -n "$targets" ] && ! go test -c -fuzz . -o "$program" "$package"; then
		failed=1
		continue
	fi
	for target in $targets; do
		out="$program.$target"
		start=$SECONDS
		(cd "$package" && timeout --foreground --signal=INT "${FUZZ_SECONDS:-0}" "$program" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${count}x" -test.fuzzminimizetime 1x \
			-test.parallel "${FUZZ_PARALLEL:-1}" -test.fuzzcachedir "$cache/fashionlab/${package#./}") >"$out" 2>&1 </dev/null
		case $? in
		0) result=ok ;;
		124) result="ok, as far as it came" ;;
		*) result="FAILED, see $out" failed=1 ;;
		esac
		last=$(grep -E 'execs: [0-9]+' "$out" | tail -1)
		executions=$(sed -E 's/.*execs: ([0-9]+).*/\1/' <<<"$last")
		inputs=$(sed -nE 's/.*new interesting: ([0-9]+).*/\1/p' <<<"$last")
		printf "$row" "${package#./}" "$target" "${executions:-0}" "${inputs:-0}" $((SECONDS - start)) "$result"
	done
done
exit $failed
