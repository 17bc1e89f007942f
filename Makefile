# Short names for what is done often. `make help` lists them; everything works from a fresh clone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo up down test test-full check format e2e test-tools bench lock

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest -m "not full"
# Tests are shared out among so many processes, each with a broker and a database server of its own.
WORKERS ?= 2
# What takes longest comes first, so that the processes end at about the same time.
SLOW_TESTS = $(wildcard tests/browser tests/e2e tests/faults tests/rollouts tests/component)
QUICK_TESTS = $(wildcard tests/unit tests/contracts tests/architecture)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml

help:  ## Say what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

setup: $(READY)  ## Install everything into .venv, which brings .venv/bin/nss

$(READY): requirements/development.txt requirements/fonts.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "making .venv"
	@$(PYTHON) -m venv .venv || { echo "no venv module: install it (Debian: apt-get install python3-venv), remove .venv and try again" >&2; exit 1; }
	@echo "installing what requirements/development.txt locks (a minute or two, once)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements/development.txt \
		| awk '/^(Collecting|Requirement already)/ { if (++n % 20 == 0) { print "  " n " packages found"; fflush() } } /^Installing/ { print "  installing"; fflush() } /ERROR/ { print }'
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes --upgrade --target .venv/fonts -r requirements/fonts.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## Play the manual's own case on a real stack and print where to look
	@$(BIN)/nss demo

up: setup  ## Start Kafka, PostgreSQL, the mail sink and the four services
	@$(BIN)/nss up

down: setup  ## Stop everything that up or demo left running
	@$(BIN)/nss down

check: setup  ## Lint, types, layers, dead code, dependencies and the quick tests; about a minute
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry --no-ansi services shared
	$(PYTEST) --quiet $(QUICK_TESTS)

test: check test-tools  ## Everything that proves the product: check, then tests on real parts
	$(PYTEST) --numprocesses $(WORKERS) --no-loadscope-reorder $(SLOW_TESTS)

test-full: check test-tools  ## The same with the full counts and the long set-ups
	$(BIN)/python -m pytest $(SLOW_TESTS)

test-tools: setup  ## Get what only tests need (a browser), or say how
	@$(BIN)/python -m deploy.test_tools

e2e: setup  ## The whole walk on a real stack
	$(PYTEST) tests/e2e

format: setup  ## Put the code into the common form
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

bench: setup  ## Measure the four services against the bare pipeline
	@$(BIN)/nss bench

lock: setup  ## Resolve the dependencies again and lock them with hashes
	for service in intake review provisioning notifier; do \
		$(COMPILE) --extra $$service -o requirements/$$service.txt; \
	done
	$(COMPILE) --all-extras --group development -o requirements/development.txt
