# The program is pure Go: no target but race (and so check) needs a C compiler.
export CGO_ENABLED := 0

PORT    := 5001
ADDR    :=
FUZZTIME := 30s

.DEFAULT_GOAL := help
.PHONY: help build demo test race vet lint cross fuzz shots golden pictures conform server client 1-client n-client bench bench-compare soak kill-matrix gate gate-base check

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

build: ## the program, as bin/memlite
	@go build -o bin/memlite ./cmd/memlite

demo: build ## reference server, suite and load in one go; leaves out/index.html
	@bin/memlite demo --out out

# The package whose tests take longest goes first, or the cores have nothing to do while it ends.
PACKAGES := ./conformance/mutant ./...

# Tests wait for servers more than they compute, so one package more is tested at a time than there are cores.
TOGETHER := $$(($$(getconf _NPROCESSORS_ONLN) + 1))

test: ## all tests
	go test -p $(TOGETHER) $(PACKAGES)

race: ## the tests under the race detector, with an eighth of the known-bad servers, whoever survives (needs a C compiler)
	@command -v "$$(go env CC)" >/dev/null || { echo "make race: the race detector needs a C compiler ($$(go env CC)), for instance: apt-get install gcc libc6-dev" >&2; exit 2; }
	CGO_ENABLED=1 go test -race -short -p $(TOGETHER) $(PACKAGES)

vet:
	go vet ./...

lint: vet ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l cmd conformance loadgen reports server); test -z "$$unformatted" || { echo "make lint: run gofmt -w on: $$unformatted" >&2; exit 1; }
	go tool staticcheck ./...

cross: # what people run on laptops must build there too, tests included
	GOOS=darwin go build ./...
	GOOS=darwin go vet ./...
	GOOS=windows go build ./...
	GOOS=windows go vet ./...

fuzz: ## every fuzz target for FUZZTIME (default 30s) each
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

shots: ## pictures of every kind of page, wide and narrow, light and dark, and on paper, in out/shots (needs chromium)
	MEMLITE_REQUIRE=chromium MEMLITE_SHOTS=$(CURDIR)/out/shots go test -count=1 -run '^TestChromium$$' ./reports ./cmd/memlite

golden: ## write the golden files of the tests again
	go test ./cmd/memlite ./conformance ./reports -update

pictures: ## make the pictures of README.md again, from real runs (needs chromium and a quiet machine)
	go test -count=1 ./cmd/memlite -run '^TestPictures$$' -args -pictures

conform: build ## does ADDR (default 127.0.0.1:PORT) keep the protocol?
	@bin/memlite conform $(or $(ADDR),127.0.0.1:$(PORT))

server: build ## the reference server on PORT (default 5001)
	@bin/memlite serve $(PORT)

client: build ## talk to the server on PORT, seeing the bytes sent and received
	@bin/memlite client 127.0.0.1:$(PORT) --raw

# The rules with that label against ADDR, or against a server of their own on a free port, with what was sent and
# what came back.
1-client n-client: build
	@set -e; addr="$(ADDR)"; \
	if [ -z "$$addr" ]; then \
	  log=$$(mktemp); bin/memlite serve 0 --memory >"$$log" 2>/dev/null & server=$$!; \
	  trap 'kill $$server; wait $$server; rm -f "$$log"' EXIT; \
	  for try in 1 2 3 4 5 6 7 8 9 10; do \
	    addr=$$(sed -n 's/^listening on //p' "$$log"); test -z "$$addr" || break; sleep 0.5; \
	  done; \
	fi; \
	bin/memlite conform "$$addr" --label-filter $@ --show-wire

1-client: ## one client: what was sent and what came back (to ADDR, or to a server of its own)
n-client: ## concurrent clients: the same

RUNS := 8

kill-matrix: ## which rule fails which known-bad server; then RUNS runs on good ones, half of them beside a busy process: none may fail
	go test -C conformance/mutant -count=1 -timeout 10m -run '^(TestMutantsAreKilled|TestEveryRuleKills|TestGoodPassesEveryRule)$$' -args -table
	go test -count=1 -timeout 60m -v ./conformance -run '^TestNoFalseFailures$$' -args -runs $(RUNS)

bench: ## the reference server beside memcached, the load generator beside a client in C, a fleet of one beside none, in turn: ratios (needs memcached, taskset, two cores, cc); then every benchmark
	go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./cmd/memlite ./loadgen/fleet/fleettest
	go test -run '^$$' -bench . -benchtime 200ms -timeout 30m ./conformance/... ./loadgen ./reports ./server/...

COMPARISONS := 40

bench-compare: ## how often compare blames one of two servers that are alike, and finds one with 20 % more delay (COMPARISONS, 40: a quarter of an hour, on a quiet machine)
	go test -count=1 -v -timeout 40m -run '^TestCompareByExperiment$$' ./cmd/memlite -args -comparisons $(COMPARISONS)

SOAK := MEMLITE_LINEARIZE=10000 MEMLITE_KILL_ROUNDS=50 MEMLITE_CHURN=30s

soak: ## the long tests in full: 10,000 operations of 32 clients in one order, 50 kills, 30 s of clients that come and go
	$(SOAK) go test -count=1 -timeout 30m -p 1 -v -run '^(TestMemory|TestDisk|TestTimestampsDecide|TestKill|TestLinearizable|TestComeAndGo)$$' ./server/store ./server

gate: ## is the reference server worse than the last release's, or than that of commit REV (measured in turn, more certain)?
	@REV=$(REV) .ci/gate

gate-base: ## keep suite and runs of this commit in server/testdata/release, as those that make gate compares with
	@test -z "$$(git status --porcelain)" || { echo "make gate-base: commit first: what is kept must be of a commit" >&2; exit 2; }
	@.ci/gate base

check: test race lint cross ## what CI runs: test, race, lint, builds for macOS and Windows
