#!/bin/sh
# Runs the proofs and prints their figures as the table "How we know" of the
# README. Each proof is a test that fails when it does not hold; the efforts are
# those of the environment, or these.
set -eu
cd "$(dirname "$0")/.."
: "${MODEL_DEPTH:=2}" "${MODEL_WALKS:=5000}" "${CHAOS_TIME:=2m}" "${FUZZTIME:=20s}" "${HISTORIES:=20000}"
export MODEL_DEPTH MODEL_WALKS CHAOS_TIME
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# prove NAME PATTERN COMMAND... runs a proof, and prints a row with each line of
# its output that has the pattern, without what go test puts before it, and one
# with each test that was skipped and why. A proof without a figure has failed.
prove() {
	name=$1 pattern=$2
	shift 2
	if "$@" >"$scratch/out" 2>&1 && rows "$name" "$pattern" <"$scratch/out"; then
		return
	fi
	failed=1
	echo "| $name | FAILED |"
	sed 's/^/     /' "$scratch/out" >&2
}

rows() {
	awk -v name="$1" -v pattern="$2" '
		{ sub(/^ *[a-z_0-9]*\.go:[0-9]*: */, "") }
		$0 ~ pattern { print "| " name " | " $0 " |"; figures++ }
		/^ *--- SKIP: / { print "| " name " | skipped " $3 ": " last[$3] " |" }
		/^=== [A-Z]+ / { test = $3; next }
		!/^ *---/ { last[test] = $0 }
		END { exit figures == 0 }'
}

echo '| proof | figures |'
echo '| --- | --- |'
prove 'every cell of the plan' '[0-9] cells, ' go test -count=1 -v -run '^TestEveryCell$' ./reconciler/plan
prove 'histories drawn at random' 'rapid. OK' go test -count=1 -v -run '^TestHistories$' ./reconciler/plan -rapid.checks="$HISTORIES"
prove 'the loop, model-checked' '^model: ' go test -count=1 -v -timeout 60m -run '^TestModel(|Walks|Soak)$' ./reconciler
prove 'the real thing, under chaos' '^chaos: ' go test -count=1 -v -timeout 60m -run '^TestChaos' ./cmd/stigmer
prove 'bad input' '^fuzz: ' sh hack/fuzz.sh "$FUZZTIME"
exit $failed
