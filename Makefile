# Everything a person does here is one target; `make` alone lists them.
# Works with GNU make 3.81 (the one macOS ships) and later.

GO ?= go
FUZZTIME ?= 10s
CHAOSTIME ?= 5m
SOAKTIME ?= 10m
BENCHTIME ?= 200ms
PKG ?= ./...

# The one statement of Temporal's version is the pin in hack/temporal/go.mod.
TEMPORAL_VERSION := $(shell awk '$$1 == "github.com/temporalio/cli" {print substr($$2, 2)}' hack/temporal/go.mod)
TOOLS := bin/tools/.built

# Tests and `make run` use the Temporal built here, not one of PATH.
export STIGMER_TEMPORAL ?= $(CURDIR)/bin/temporal

.DEFAULT_GOAL := help
.PHONY: help build temporal tools run test chaos soak verify generate fuzz prove bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# The version comes from the build information that Go stamps, not from -X.
build: ## build bin/stigmer
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/stigmer ./cmd/stigmer

temporal: bin/temporal ## build bin/temporal, the pinned real server (about 3 minutes, once)

# -s -w halves the file; -X is how Temporal's own release build says its version.
bin/temporal: hack/temporal/go.mod hack/temporal/go.sum
	CGO_ENABLED=0 $(GO) -C hack/temporal build -trimpath \
		-ldflags '-s -w -X github.com/temporalio/cli/temporalcli.Version=$(TEMPORAL_VERSION)' \
		-o ../../bin/temporal github.com/temporalio/cli/cmd/temporal
	@touch bin/temporal

tools: $(TOOLS)

$(TOOLS): hack/tools/go.mod hack/tools/go.sum
	CGO_ENABLED=0 $(GO) -C hack/tools build -trimpath -o ../../bin/tools/ tool
	@touch $(TOOLS)

run: build temporal ## build both and run `stigmer local`
	bin/stigmer local

# -p 1: packages start real servers; two at once on two cores would test the
# scheduler. The build before it uses every core, so only the runs are serial.
test: bin/temporal ## every test, with the race detector and the real Temporal
	@$(GO) build -race $(PKG)
	@$(GO) test -race -p 1 -timeout 40m $(TESTFLAGS) $(PKG)

# `make test` has a short run of the same with a fixed seed. A failure prints the
# seed, what was done, and the line that does it again.
chaos: bin/temporal ## disturb a home at random for CHAOSTIME (5m), with a new seed each time
	@CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} CHAOS_TIME=$(CHAOSTIME) CHAOS_CYCLES=1000 CHAOS_REAL=1 \
		$(GO) test -race -count=1 -v -timeout 2h -run '^TestChaos' ./cmd/stigmer

soak: bin/temporal ## the real Temporal alone, disturbed under load for SOAKTIME (10m)
	@CHAOS_SEED=$${CHAOS_SEED:-$$(date +%s)} CHAOS_TIME=$(SOAKTIME) \
		$(GO) test -race -count=1 -v -timeout 2h -run '^TestChaosReal$$' ./cmd/stigmer

verify: $(TOOLS) ## formatting, vet, linters, generated files, import rules, tidiness
	@sh hack/verify.sh

generate: $(TOOLS) ## write the generated files anew
	@sh hack/generate.sh .

fuzz: ## each fuzz target for FUZZTIME (10s)
	@sh hack/fuzz.sh $(FUZZTIME)

prove: bin/temporal ## the proofs of the README's table "How we know" (about 20 minutes)
	@sh hack/prove.sh

bench: ## each benchmark for BENCHTIME (200ms)
	@$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) $(PKG)

clean: ## remove bin/stigmer and the tools; the Temporal, slow to build, stays
	rm -rf bin/stigmer bin/tools
