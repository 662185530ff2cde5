#!/bin/sh
# Runs every fuzz target of the module for $1 each. They are found, not listed:
# a new one is fuzzed without anybody thinking of it.
set -eu
time=${1:-10s}

found=0
for file in $(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		found=$((found + 1))
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$(dirname "$file")"
	done
done
echo "$found fuzz targets, $time each"
