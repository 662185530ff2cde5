#!/bin/sh
# Runs every fuzz target of the module for $1 each, and prints a line for each
# with the executions that go counted. They are found, not listed: a new one is
# fuzzed without anybody thinking of it. A finding fails the run after the last
# target; go has then written it below testdata/fuzz, where it belongs.
set -eu
time=${1:-10s}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

found=0 total=0 failed=0
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		found=$((found + 1))
		folder=$(dirname "$file")
		result=ok
		# Go would spend a minute, and count nothing, to make each input that
		# it finds interesting smaller; a finding is small enough after this.
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 100x "$folder" >"$scratch/out" 2>&1 || result=FAIL
		# Before Go 1.27 the end of the time is now and then told as a failure of
		# the target: https://go.dev/issue/75804. A finding names its input.
		if [ "$result" = FAIL ] && grep -q '^ *context deadline exceeded$' "$scratch/out" &&
			! grep -q -e 'Failing input' -e 'panic:' -e '_test\.go:' "$scratch/out"; then
			result=ok
		fi
		count=$(sed -n 's/^fuzz: .*execs: \([0-9]*\).*/\1/p' "$scratch/out" | tail -n 1)
		total=$((total + ${count:-0}))
		echo "$result $folder $name: ${count:-0} executions"
		# A target that never ran proves nothing.
		if [ "$result" = FAIL ] || [ "${count:-0}" -eq 0 ]; then
			failed=1
			sed 's/^/     /' "$scratch/out"
		fi
	done
done
echo "fuzz: $found targets, $total executions, $time each"
exit $failed
