# How Goodstanding is set up, shown, tested and measured. `make` alone lists the targets.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
STATE := .goodstanding
BIN := $(VENV)/bin
FAST := not kafka and not acceptance and not fault and not long

# What `make demo` takes: TEXTS=<file of your own posts>, STOP=<stop after this act>.
TEXTS ?=
STOP ?=
# What `make soak` takes: how long, and the seed of a run that is to be played again.
MINUTES ?= 5
SEED ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup venv stack browser demo test test-fast test-faults soak lint types imports bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  make %-11s %s\n", $$1, $$2 }'

setup: venv stack  ## install everything into .venv and .goodstanding

venv: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "setup: there is no $(PYTHON): install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "setup: $(PYTHON) is $$($(PYTHON) -V 2>&1), and 3.11 or newer is needed: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setup: making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV) || { echo "setup: can't make $(VENV): Debian has venv in the package python3-venv" >&2; exit 1; }
	@echo "setup: installing $$(grep -c == requirements.lock) packages by their hashes (about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

stack: $(STATE)/.stack

$(STATE)/.stack: services/runtime/embedded/pom.xml | $(VENV)/.installed
	@$(BIN)/python -m services.runtime.embedded $(STATE)
	@touch $@

demo: venv stack  ## play a community's month and show what came of it
	@$(BIN)/goodstanding demo $(if $(TEXTS),--texts "$(TEXTS)") $(if $(STOP),--stop "$(STOP)")

test: lint types imports stack browser  ## everything: style, types, imports and all tests
	@echo "test: all tests, against a real Kafka and PostgreSQL"
	@$(BIN)/python -m pytest -m "not long"

test-fast: lint types imports  ## the same without what needs Kafka or PostgreSQL
	@echo "test: what needs neither Kafka nor PostgreSQL"
	@$(BIN)/python -m pytest -m "$(FAST)"

test-faults: venv stack  ## break everything of docs/faults.md, in its long form too
	@echo "test-faults: every fault, short and long, and ten thousand schedules on the simulated log"
	@$(BIN)/python -m pytest $$($(BIN)/python -m tests.fault.listed)

soak: venv stack  ## break everything at once for MINUTES, and write build/soak.md
	@$(BIN)/python -m tests.fault.soak --minutes "$(MINUTES)" $(if $(SEED),--seed "$(SEED)")

# The console is tested in Debian's Chromium: installed by root, and asked for otherwise.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& echo "test: installing Chromium, for the console's tests" \
		&& { apt-get update -qq; apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } } \
		|| echo "test: the console's tests need Chromium: apt-get install chromium" >&2

lint: venv
	@echo "test: style"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "test: run '$(BIN)/ruff format .'" >&2; exit 1; }

types: venv
	@echo "test: types"
	@$(BIN)/mypy --no-error-summary

imports: venv
	@echo "test: who may import whom"
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; exit 1; }

bench: venv stack  ## measure, side by side with peers
	@$(BIN)/python -m benchmarks

lock: venv  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || { echo "lock: install uv first: $(BIN)/pip install uv" >&2; exit 1; }
	@$(BIN)/python -m uv pip compile pyproject.toml --extra stack --extra dev --universal --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --quiet --upgrade --output-file requirements.lock

clean:  ## remove what was made here
	rm -rf $(VENV) $(STATE) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
