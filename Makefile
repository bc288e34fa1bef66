# Two commands are all the set-up: `make demo` and `make test`. Both make .venv on their first run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What tests need: all but what draws the examples.
EXTRAS := dev,train,ray,remote
# Stamps: installed again only when what is to be installed has changed.
RUNTIME := $(VENV)/.installed
DEVELOPMENT := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt

.PHONY: demo test lint clean help

help:
	@echo "make demo   repair every example, into demo-output/"
	@echo "make test   lint, type-check and test; PYTEST_ARGS=--browser tests the report in Chromium too,"
	@echo "            --ray batches on a Ray cluster, --remote files at URLs; both on this machine alone"
	@echo "make lint   lint and type-check only"
	@echo "make clean  remove .venv, demo-output/ and caches"

demo: $(RUNTIME)
	$(BIN)/python examples/run.py

test: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "artifix needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV): once, some minutes"
	$(INSTALL) --editable .
	@touch $@

$(DEVELOPMENT): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV): once, some minutes"
	$(INSTALL) --editable '.[$(EXTRAS)]'
	@touch $(RUNTIME) $@

clean:
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
