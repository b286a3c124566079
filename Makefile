# Every target sets up what it needs in $(VENV), and does so again only when pyproject.toml has changed.
#   make test PYTHON=python3.12     with another Python (3.11 or newer); the environment is made anew when it differs
#   make test ARGS='-k redact'      more arguments, for test, bench and demo
PYTHON ?= python3
VENV = .venv
SAMPLE = samples/asa-psk-mismatch.log
ARGS =

VERSION_OF := -c 'import sys; print("%d.%d" % sys.version_info[:2])'
VERSION := $(shell $(PYTHON) $(VERSION_OF) 2>/dev/null)
RUNTIME := $(VENV)/.runtime-$(VERSION)
DEV := $(VENV)/.dev-$(VERSION)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test lint docs bench clean

help:
	@echo 'make demo    explain a sample log ($(SAMPLE))'
	@echo 'make test    run the tests on every core'
	@echo 'make lint    ruff check, ruff format --check, mypy, lint-imports'
	@echo 'make docs    write docs/diagnoses anew from the rules'
	@echo 'make bench   measure throughput and start-up (benchmarks/README.md)'
	@echo 'make clean   remove $(VENV), build output and caches'

# What is there for development will do; else only what ikelog needs to run.
demo: $(or $(wildcard $(DEV)),$(RUNTIME))
	$(VENV)/bin/ikelog $(SAMPLE) $(ARGS)

test: $(DEV)
	$(VENV)/bin/python -m pytest -n auto $(ARGS)

lint: $(DEV)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

docs: $(or $(wildcard $(DEV)),$(RUNTIME))
	$(VENV)/bin/python docs/make.py

bench: $(or $(wildcard $(DEV)),$(RUNTIME))
	@$(VENV)/bin/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find ikelog tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# An environment that is whole and of this Python is kept; one that is neither is made anew.
define make-venv
@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ikelog needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.11 ...")'
@test "$$($(VENV)/bin/python $(VERSION_OF) 2>/dev/null)" = '$(VERSION)' \
  && $(VENV)/bin/python -m pip --version >/dev/null 2>&1 \
  || { echo 'Making $(VENV) with $(PYTHON) ($(VERSION))' && $(PYTHON) -m venv --clear $(VENV); }
endef

$(RUNTIME): pyproject.toml
	$(make-venv)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(VENV)/bin/python -m compileall -q ikelog  # pip does so for a wheel, not for a checkout
	@touch $@

$(DEV): pyproject.toml
	$(make-venv)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(VENV)/bin/python -m compileall -q ikelog
	@touch $(RUNTIME) $@
