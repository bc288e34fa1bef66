# Two commands are all the set-up: `make demo` and `make test`. Both make .venv on their first run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the tests need that every run makes; those of --ray and --remote need these extras too.
EXTRAS := dev,train
# Stamps: installed again only when what is to be installed has changed.
RUNTIME := $(VENV)/.installed
DEVELOPMENT := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt

.PHONY: demo test torture pack docs lint clean help

help:
	@echo "make demo   repair every example, into demo-output/"
	@echo "make test   lint, type-check and test; PYTEST_ARGS=--browser tests pages in Chromium too,"
	@echo "            --ray batches on a Ray cluster, --remote files at URLs (EXTRAS=dev,train,ray,remote)"
	@echo "make torture  the long checks: refused disks, kills, garbled files, pixels, memory; hours"
	@echo "make pack DATA=DIR OUT=DIR   training pictures and the geometry of real pairs in one small folder;"
	@echo "            PACK_ARGS=... as benchmarks/make_pack.py --help tells"
	@echo "make docs   the documentation as a site, into site/"
	@echo "make lint   lint and type-check only"
	@echo "make clean  remove .venv, demo-output/, site/ and caches"

demo: $(RUNTIME)
	$(BIN)/python examples/run.py

# Each core runs tests of its own; PYTEST_ARGS="-n 0" runs all in one process, for a debugger.
test: lint
	$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

TORTURE := faults kills fuzz_pictures fuzz_manifests fuzz_configs fuzz_weights "fuzz_weights --configs" \
  hostile_weights pastes
torture: $(DEVELOPMENT)
	set -e; for check in $(TORTURE); do set -- $$check; name=$$1; shift; \
	  $(BIN)/python benchmarks/torture/$$name.py "$$@"; done
	$(BIN)/python benchmarks/memory.py

pack: $(RUNTIME)
	@test -n "$(DATA)" && test -n "$(OUT)" || { echo "make pack DATA=DIR OUT=DIR: name both folders" >&2; exit 2; }
	$(BIN)/python benchmarks/make_pack.py "$(OUT)" --data $(DATA) $(PACK_ARGS)

docs: $(DEVELOPMENT)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

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
	rm -rf $(VENV) demo-output build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
