#!/bin/sh
# Everything about the code that a machine can judge without running it. Each
# step prints one line; a failed one says how to mend it, and the rest still run.
# Changes nothing in the checkout and needs no git.
set -u
cd "$(dirname "$0")/.."
tools=$PWD/bin/tools
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
platforms='linux/amd64 darwin/arm64'
failed=0

# step NAME MEND COMMAND...
step() {
	name=$1 mend=$2
	shift 2
	if "$@" >"$scratch/out" 2>&1; then
		echo "ok   $name"
	else
		failed=1
		echo "FAIL $name"
		sed 's/^/     /' "$scratch/out"
		echo "     mend: $mend"
	fi
}

on() { # PLATFORM COMMAND...
	platform=$1
	shift
	# The race detector is for tests; without cgo every platform checks the same.
	CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} "$@"
}

formatted() {
	files=$(gofmt -l .)
	test -z "$files" || { echo "$files"; return 1; }
}

generated() {
	mkdir -p "$scratch/new" && sh hack/generate.sh "$scratch/new" || return 1
	# The loop is a subshell of find's pipe; its status is the pipe's.
	(cd "$scratch/new" && find . -type f) | {
		differs=0
		while read -r file; do diff -u "$file" "$scratch/new/$file" || differs=1; done
		return $differs
	}
}

scripts() {
	for file in hack/*.sh; do sh -n "$file" || return 1; done
	bash -n .ci/run
}

tidy() {
	for folder in . hack/temporal hack/tools; do
		go -C "$folder" mod tidy -diff || return 1
	done
}

step gofmt 'gofmt -w the files listed' formatted
for platform in $platforms; do
	step "vet $platform" 'read the message; it is a mistake more often than not' on $platform go vet ./...
done
step lint 'hack/lint.sh gives the reason for each check' sh hack/lint.sh "$tools" $platforms
step generated 'make generate' generated
step rules 'the message names the rule; the table is hack/verify/rules.go' go test -count=1 ./hack/verify
step scripts 'fix the syntax' scripts
step tidy 'go mod tidy in the folder of the go.mod named' tidy
exit $failed
