# Every target sets up what it needs: only python3, make and a package index are taken for granted.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
FIRMS ?= 20000
APPLICANTS ?= 5000

export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test coverage test-long lint format docs notebook lock ceilings bench-explain clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 12) else "Python 3.11 or 3.12 is needed, this is %d.%d; name one with: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml models/kernel/_cells.c models/kernel/_cells_run.h | $(VENV)/bin/python
	@echo "Installing the pinned packages into $(VENV) (once, about two minutes) ..."
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --editable .
	@$(BIN)/python -c 'from models.kernel import compiled_engine_exists as built; print("Explanation kernel: " + ("compiled." if built() else "NOT compiled; LightGBM explains instead, about a hundred times slower. Install a C compiler and run this again."))'
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing the pinned development packages into $(VENV) ..."
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run ## simulate a portfolio, train, score new applicants, explain one
	@$(BIN)/python scripts/demo.py --out $(DEMO) --firms $(FIRMS) --applicants $(APPLICANTS)

test: $(VENV)/.dev ## run the tests with doctests
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

coverage: $(VENV)/.dev ## run the same tests and show what they cover (a quarter longer)
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

test-long: $(VENV)/.dev ## run the tests with their long modes
	@GREENCREDIT_LONG=1 $(BIN)/python -m pytest

lint: $(VENV)/.dev ## ruff, mypy and the direction of imports
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## let ruff format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.run ## write the pages that are generated from the code
	@$(BIN)/greencredit catalogue --markdown > docs/indicators.md
	@$(BIN)/greencredit contract --markdown > docs/data-contract.md

bench-explain: $(VENV)/.dev ## time the explanation kernel against LightGBM and shap (minutes)
	@$(BIN)/python tests/benchmarks/explain/run.py

ceilings: $(VENV)/.run ## measure what a model can reach at most on the simulation (long)
	@$(BIN)/python tests/benchmarks/ceilings.py

notebook: $(VENV)/.dev ## run the notebook and keep its pictures
	@$(BIN)/python scripts/run_notebook.py

lock: $(VENV)/bin/python ## resolve the pins again from pyproject.toml
	@$(BIN)/pip install --quiet uv==0.13.9
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --extra dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and what the demo wrote
	@rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage *.egg-info build models/kernel/*.so
