# The index of commands: `make help` lists them. The work is done by scripts/ and by bin/tandem itself.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

THREADS := chroot import sdk undo kill bi bench ninth-object isolation screenshots
INGEST := goals soak sdk kill drain poison overload fairness hot faults fuzz history
CRM := changes lists custom-field rights merge maven concurrency owners fuzz
IDENTITY := model writers undo lookup duplicates erase segment consent
OPERATIONS := backup tenant-copy audit disk watchdog bi tenants rolling import failover clock

.PHONY: help run build packages test test-quick test-swift test-blackbox bench soak format lint snippet docs clean demo-reset \
	show-thread show-ingest show-crm show-identity chroot-check $(THREADS:%=show-thread-%) $(INGEST:%=show-ingest-%) $(CRM:%=show-crm-%) \
	$(IDENTITY:%=show-identity-%) show-operations $(OPERATIONS:%=show-operations-%)

help: ## This list
	@awk -F ':.*## ' '/^[a-z][a-zA-Z-]*:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile
	@echo "  make show-thread-NAME     Run one of: $(THREADS)"
	@echo "  make show-ingest-NAME     Run one of: $(INGEST)"
	@echo "  make show-crm-NAME        Run one of: $(CRM)"
	@echo "  make show-identity-NAME   Run one of: $(IDENTITY)"
	@echo "  make show-operations-NAME Run one of: $(OPERATIONS)"

run: ## Install what is missing, build, start PostgreSQL and Tandem with the demo (Ctrl-C stops all)
	@scripts/packages build run embedded
	@scripts/preflight
	@scripts/build
	@exec bin/tandem serve --demo

build: ## The release build: bin/tandem
	@scripts/packages build run
	@scripts/build

packages: ## Install the Debian packages of packages.txt, tests included
	@scripts/packages build run embedded test

test: ## Everything: lint, Swift tests, black-box tests (their summaries are the last lines)
	@scripts/test

test-quick: ## Lint, Swift tests and a few black-box tests (at most ten minutes)
	@scripts/test quick

test-swift: ## The Swift tests alone; FILTER=name picks some
	@swift test --disable-xctest $(if $(FILTER),--filter $(FILTER))

test-blackbox: ## The black-box tests alone, against .build/debug/tandem; FILTER=name picks some
	@scripts/python
	@swift build --product tandem
	@.venv/bin/python -m pytest Tests/blackbox $(if $(FILTER),-k $(FILTER))

bench: build ## Events per second beside pgbench on the same server
	@scripts/python
	@Benchmarks/run

soak: build ## Ten minutes at half of the highest rate (SOAK_MINUTES=10)
	@scripts/python
	@Benchmarks/soak

format: ## Format the Swift sources in place
	@swift format --in-place --parallel --recursive Sources Tests Plugins sql Package.swift

lint: ## Check formatting and scripts; changes nothing
	@scripts/lint

snippet: ## Minify tandem.js anew: the file that GET /tandem.js sends
	@scripts/packages test
	@scripts/snippet

docs: ## Rewrite the generated parts of docs/ (command line, API, BI columns) from the binary
	@scripts/docs

clean: ## Remove what was built; data in .tandem stays
	@rm -rf .build bin .venv .venv-*

demo-reset: build ## Drop the demo tenants and create them anew
	@bin/tandem demo reset

show-thread: ## The table of measured threads; marks those older than the code they test
	@scripts/show/table

$(THREADS:%=show-thread-%): show-thread-%:
	@scripts/show/record thread $*

show-ingest: ## The table of what was measured of ingest
	@scripts/show/table ingest

$(INGEST:%=show-ingest-%): show-ingest-%:
	@scripts/show/record ingest $*

show-crm: ## The table of what was measured of records
	@scripts/show/table crm

$(CRM:%=show-crm-%): show-crm-%:
	@scripts/show/record crm $*

show-identity: ## The table of what was measured of identity and privacy
	@scripts/show/table identity

$(IDENTITY:%=show-identity-%): show-identity-%:
	@scripts/show/record identity $*

show-operations: ## The table of what was measured of operating
	@scripts/show/table operations

$(OPERATIONS:%=show-operations-%): show-operations-%:
	@scripts/show/record operations $*

chroot-check: show-thread-chroot ## Fresh Debian 12 in a chroot: make run and make test as root and as a user (needs root)
