# What a newcomer types. `make` alone lists it.

target := $(or $(CARGO_TARGET_DIR),target)
web_sources := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
# Lives where `npm ci` empties and git ignores, so that new packages mean a new build.
web_built := web/node_modules/.hui-built
data := data
# A PostgreSQL of its own: others' work on the same server would be counted as ours.
bench_postgres := HUI_POSTGRES_DIR=$(CURDIR)/.postgres-bench scripts/postgres
bench = $(target)/release/hui --database "$$($(bench_postgres) start | tail -n 1)" bench \
	--databases sqlite,postgres

.DEFAULT_GOAL := help
.PHONY: help run web build test check e2e bench bench-growth deny postgres clean-data

help: ## List these targets
	@printf 'Hui: membership and loyalty for every channel.\n\n'
	@sed -nE 's/^([a-z0-9-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: web ## Build everything, load the sample year and serve it on port 8080
	@scripts/need
	cargo build --release --package hui-cli
	$(target)/release/hui demo --data-dir $(data)

web: $(web_built) ## Build the web pages, when they changed

build: web ## Build the release binary, with the web pages in it
	cargo build --release --package hui-cli

test: ## Run every test and linter: both databases, the web, the browser
	scripts/test

check: ## Run the quick half: formatting, clippy, and the tests on SQLite only
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	HUI_TEST_DATABASES=sqlite scripts/cargo-test

e2e: ## Run the browser tests alone
	scripts/test browser

bench: build ## Measure orders a second beside pgbench: one table (about ten minutes)
	$(bench) --http --checkout --slice-one --pgbench --footprint

bench-growth: build ## Measure what an order costs with 10 thousand to 5 million members (long)
	$(bench) --growth --in-flight 256 --rounds 1

deny: ## Check licences, sources and bans of the dependencies (needs cargo-deny)
	cargo deny check licenses bans sources

postgres: ## Start the private PostgreSQL and print its URL
	@scripts/postgres start

clean-data: ## Delete the data that `make run` made
	rm -rf $(data)

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/need
	npm --prefix web ci --no-audit --no-fund
	@touch $@

# Pages that were deleted are rebuilt, whatever the stamp says.
ifeq ($(wildcard web/dist),)
.PHONY: $(web_built)
endif

$(web_built): web/node_modules/.package-lock.json $(web_sources)
	npm --prefix web run build
	@touch $@
