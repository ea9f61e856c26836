# Every target sets up what it needs: a machine with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
COVERAGE_FLOOR := 88

.DEFAULT_GOAL := help
.PHONY: help setup demo test check deep coverage docs bench bench-walkeros clean

help: ## Say what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "hubspot-dest needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once; about half a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e '.[simulator]'
	@touch $@

setup: $(STAMP) ## Make the environment in .venv

demo: $(STAMP) ## See it live in the terminal; without a terminal, check the documented examples
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/hubspot-sim tui; code=$$?; [ $$code -eq 2 ] || exit $$code; fi; $(BIN)/hubspot-sim check

test: $(STAMP) ## Run the tests (under 4 minutes on two cores)
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -q -n 2

check: $(STAMP) ## Lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@git ls-files '*.py' | xargs wc -l | awk '$$1 > 800 && $$2 != "total" { print "over 800 lines, look for a second noun: " $$2 " (" $$1 ")" }'

deep: $(STAMP) ## Run what is slow or needs a browser or Node
	$(BIN)/python -m pytest -q -m deep

coverage: $(STAMP) ## Run the tests with coverage; fails below the floor
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group coverage
	$(BIN)/python -m pytest -q -n 2 --cov=hubspot_dest --cov=simulator --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE_FLOOR)

docs: $(STAMP) ## Build the documentation site into build/site; any broken link fails
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict  # with --quiet, broken links would not fail
	@echo "build/site/index.html (for its search: $(BIN)/python -m http.server --directory build/site)"

bench: $(STAMP) ## Measure, and write the figures into docs/performance.md
	$(BIN)/python -m benchmarks

bench-walkeros: $(STAMP) ## Measure beside walkerOS on Node 20, installed into a temporary folder
	$(BIN)/python -m benchmarks.walkeros

clean: ## Take away the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
