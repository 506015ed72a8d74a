# Two commands are all a newcomer needs: `make demo` and `make test`. Both install what they need into .venv first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
HOME_DIR ?= home
EVENTS ?= 1000000

ODCS_VENV := .venv-odcs
BI_TOOLS := browser dbt duckdb hyper superset
BI_INSTALLED := $(BI_TOOLS:%=.venv-bi-%/.installed)

.PHONY: help demo test test-slow bi-test browser-test lint lint-contracts format types lock bench docs clean

help:
	@echo "make demo    install, run the whole pipeline on simulated exports, show the KPIs"
	@echo "make test    install and run the tests, about ten minutes on two cores"
	@echo "make test-slow  the tests that run whole pipelines over and over: faults, kills, every command of the pages (40 min)"
	@echo "make bi-test install BI tools apart (3 min), and try our exports, targets and pages in them (10 min)"
	@echo "make browser-test  the part of it that opens report and dashboard in Chromium (3 min)"
	@echo "make lint    style, types and import floors"
	@echo "make lint-contracts  the packaged contracts by our own rules and by a linter of others"
	@echo "make bench   benchmarks, as ratios against DuckDB reading the same CSV (EVENTS='1000000 10000000' for more)"
	@echo "make docs    regenerate views, data dictionary and the README's picture"
	@echo "make lock    pin all dependencies again"

# The lock file is complete, so pip resolves nothing: it only checks hashes and unpacks.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name yours with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(INSTALLED)
	$(BIN)/kpi demo $(HOME_DIR)

# What takes long runs whole pipelines over and over: it is for the continuous integration, and for changes to them.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and not bi and not torture"

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The linter of others brings much that nothing else needs, so it has an environment of its own.
$(ODCS_VENV)/.installed: requirements-odcs.lock
	$(PYTHON) -m venv $(ODCS_VENV)
	$(ODCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

lint-contracts: $(INSTALLED) $(ODCS_VENV)/.installed
	$(BIN)/kpi contract lint --packaged --strict
	KPI_ODCS_LINTER=$(CURDIR)/$(ODCS_VENV)/bin/datacontract $(BIN)/python -m pytest -q -rs \
	  tests/unit/data_contracts/test_contracts_by_others.py

# BI tools need other versions of what we use, so each has an environment of its own.
.venv-bi-%/.installed: requirements-bi-%.lock
	$(PYTHON) -m venv .venv-bi-$*
	.venv-bi-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

bi-test: $(INSTALLED) $(BI_INSTALLED)
	KPI_BI_TOOLS=$(CURDIR) $(BIN)/python -m pytest -q -rs tests/bi

browser-test: $(INSTALLED) .venv-bi-browser/.installed
	KPI_BI_TOOLS=$(CURDIR) $(BIN)/python -m pytest -q -rs tests/bi/test_in_browser.py

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.whole_run
	$(BIN)/python -m benchmarks.ticket_kernel --events $(EVENTS)
	$(BIN)/python -m benchmarks.cost_allocation

docs: $(INSTALLED)
	$(BIN)/python -m pipelines.generate
	$(BIN)/python docs/images/draw_demo.py

# No index and no file address goes into the lock file; hashes alone say what may be installed.
lock: $(INSTALLED)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group pyproject.toml:dev pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group pyproject.toml:odcs --output-file requirements-odcs.lock
	for tool in $(BI_TOOLS); do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group pyproject.toml:bi-$$tool --output-file requirements-bi-$$tool.lock || exit 1; done

clean:
	rm -rf $(VENV) $(ODCS_VENV) .venv-bi-* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
