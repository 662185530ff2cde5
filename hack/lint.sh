#!/bin/sh
# The linters and the reason for each setting; $1 is the folder of the tools,
# the rest are the platforms, such as linux/amd64.
set -u
tools=$1
shift
status=0

# staticcheck "all": bugs (SA), dead code (U), needless code (S) and style (ST).
#   ST1000, ST1020-ST1022 stay on, unlike by default: every package and
#     everything exported is documented, in godoc's form.
#   -QF*: quick fixes are an editor's offers of another spelling, no findings.
#   -matrix: one verdict over all platforms. A parser of /proc is tested
#     everywhere and used on Linux only, which does not make it dead code.
checks='all,-QF*'
for platform; do
	echo "${platform%/*}_${platform#*/}: GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0"
done | "$tools/staticcheck" -matrix -checks "$checks" ./... || status=1

# errcheck: a dropped error is a lost fact, and this program lives by facts.
#   -exclude: calls whose error nobody could act upon; a reason stands by each.
#   -ignoregenerated: deepcopy has no errors of ours to handle.
#   -ignoretests: a test judges by what it asserts; its clean-up has no caller.
for platform; do
	GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0 "$tools/errcheck" \
		-ignoregenerated -ignoretests -exclude hack/errcheck.txt ./... || status=1
done
exit $status
