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

.PHONY: demo test torture pack results docs lint clean help

help:
	@echo "make demo   repair every example, into demo-output/"
	@echo "make test   lint, type-check and test; PYTEST_ARGS=--browser tests pages in Chromium too,"
	@echo "            --ray batches on a Ray cluster, --remote files at URLs, --ui the page of artifix ui"
	@echo "            (EXTRAS=dev,train,ray,remote,ui)"
	@echo "make torture  the long checks: refused disks, kills, garbled files, pixels, memory; hours"
	@echo "make pack DATA=DIR OUT=DIR   training pictures and the geometry of real pairs in one small folder;"
	@echo "            PACK_ARGS=... as benchmarks/make_pack.py --help tells"
	@echo "make docs   the documentation as a site, into site/"
	@echo "make results CASES=DIR PACKAGES=DIR OBJECTS=DIR   all methods on these sets, robustness and the grid of"
	@echo "            layers, into RESULTS=runs/results and the tables of PAGE=docs/results.md; goes on where it stopped"
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

# Sets that are not named are left out. Robustness and the grid take every so many-th of CASES; 0 is none of them.
RESULTS ?= runs/results
PAGE ?= docs/results.md
METHODS ?= artifix true-region whole-reference sift-paste telea as-is
SCORES ?= ocr,matches,seam
ROBUSTNESS ?= 20
GRID ?= 12
results: $(DEVELOPMENT)
	@test -n "$(CASES)$(PACKAGES)$(OBJECTS)" || { echo "make results CASES=DIR ...: name a set of cases" >&2; exit 2; }
	set -e; for one in "cases=$(CASES)" "packages=$(PACKAGES)" "objects=$(OBJECTS)"; do \
	  test -z "$${one#*=}" || $(BIN)/artifix bench "$${one#*=}" --out "$(RESULTS)/$${one%%=*}" --scores $(SCORES) \
	    $(foreach method,$(METHODS),--method $(method)) $(RESULTS_ARGS); done
	set -e; test -z "$(CASES)" || test "$(ROBUSTNESS)" = 0 || test -f "$(RESULTS)/robustness.md" || { \
	  $(BIN)/python benchmarks/robustness.py "$(CASES)" --every $(ROBUSTNESS) > "$(RESULTS)/robustness.part"; \
	  mv "$(RESULTS)/robustness.part" "$(RESULTS)/robustness.md"; }
	test -z "$(CASES)" || test "$(GRID)" = 0 || test -d "$(RESULTS)/grid" || \
	  $(BIN)/artifix ablate "$(CASES)" --out "$(RESULTS)/grid" --every $(GRID) --timesteps 11 --show 0
	$(BIN)/python benchmarks/write_results.py "$(RESULTS)" "$(PAGE)"

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
