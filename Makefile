# Everything a contributor runs. On a machine with Python 3.11 or newer, pip and make, two commands are enough:
# `make run` and `make test`; each sets up what it needs first, and again only when the locks have changed.

# VENV and PYTHON_VERSION choose another environment: make unit VENV=.venv-312 PYTHON_VERSION=3.12
VENV ?= .venv
PYTHON_VERSION ?=
# ARGS goes on to the program that the target runs: make unit ARGS='-k engine'
ARGS ?=
# WORKERS is how many processes share the tests, a file each at a time; 0 for none.
WORKERS ?= 2
# MARKS is a pytest marker expression; MARKS_311 is the one of the second test run, on Python 3.11.
MARKS ?=
MARKS_311 ?= not slow and not firestore and not browser

# SEEDS is how many worlds `make simulate` runs; ARGS='--from 100000' are others, ARGS='--seed 42 -v' is one, in full.
SEEDS ?= 10000

PYTHON := $(VENV)/bin/python
CONSOLE := functions/api/console
STATIC := shared/brisa/web/static
TYPED := shared/brisa pipelines tests $(wildcard functions/*/*.py)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test lint format types layers unit unit-311 console console-check infra bench simulate
.PHONY: conformance providers client locks clean

help: ## print these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.ready ## make the environment (.venv) from the hashed locks
	@:

run: setup console ## set up, start the local stack and run the main pipeline to its end (ARGS=--gcp: on the local cloud)
	@$(PYTHON) -m pipelines.run_elevate $(ARGS)

test: lint types layers console-check unit unit-311 ## set up and run every check: lint, types, layers, tests (also on Python 3.11)

lint: setup ## check style and formatting with ruff
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --output-format concise . || { echo "'make format' formats them."; exit 1; }

format: setup ## format the code and mend what ruff can mend
	@$(PYTHON) -m ruff check --fix --quiet . ; $(PYTHON) -m ruff format .

types: setup ## check the types with mypy
	@$(PYTHON) -m mypy $(TYPED)

layers: setup ## check the direction of all imports with import-linter
	@$(VENV)/bin/lint-imports --no-cache

unit: setup console ## run the tests with pytest (ARGS='-k engine', MARKS='not slow')
	@command -v terraform >/dev/null || echo "No Terraform: the tests that plan with it are left out."
	@! command -v terraform >/dev/null || $(MAKE) --no-print-directory build/terraform/.ready
	@marks='$(MARKS)'; \
	$(PYTHON) -c 'import local_bigquery' 2>/dev/null || { \
		echo "No BigQuery emulator for this Python: the tests marked 'bigquery' are left out."; \
		marks="$${marks:+($$marks) and }not bigquery"; }; \
	missing=$$($(PYTHON) -m tests.support.firestore_emulator) || { \
		[ -z "$$CI" ] || { echo "No Firestore emulator ($$missing): continuous integration has to have it."; exit 1; }; \
		echo "No Firestore emulator ($$missing): the tests marked 'firestore' are left out."; \
		marks="$${marks:+($$marks) and }not firestore"; }; \
	browser=$$(infra/dev/find_chromium.sh) && [ -f $(STATIC)/index.html ] || { \
		[ -z "$$CI" ] || { echo "No Chromium, or no console: continuous integration has to have them."; exit 1; }; \
		echo "No Chromium, or the console is not built: the tests marked 'browser' are left out."; \
		marks="$${marks:+($$marks) and }not browser"; }; \
	BRISA_TEST_BROWSER="$$browser" $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $${marks:+-m "$$marks"} $(ARGS)

unit-311: setup ## run the tests (not the slow ones, nor Firestore's) on Python 3.11, the oldest supported version, if it is here
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		echo "The tests have run on Python 3.11 already: no second run."; \
	elif infra/dev/find_python.sh 3.11 >/dev/null; then \
		$(MAKE) --no-print-directory unit VENV=.venv-311 PYTHON_VERSION=3.11 MARKS='$(MARKS_311)' ARGS='$(ARGS)'; \
	else \
		echo "No Python 3.11 on this machine: the tests have run on one version of Python alone."; \
	fi

console: $(STATIC)/.built ## build the console into the package, with Node.js 20 or newer, if it is here
	@:

console-check: console ## check the console's sources: formatting, style, types, and its own tests
	@[ ! -d $(CONSOLE)/node_modules ] || { cd $(CONSOLE) && NO_COLOR=1 npm run --silent check && NO_COLOR=1 npm run --silent test; }

infra: setup build/terraform/.ready build/checkov/.ready ## try what is deployed: Terraform, its policies, gcloud, the functions' source
	@mkdir -p build/schema
	@$(PYTHON) -m pip download --quiet --no-input --disable-pip-version-check --no-deps --require-hashes \
		--dest build/schema --requirement tests/infra/schema.txt
	@CI_INFRA=1 $(PYTHON) -m pytest tests/infra -m '' -o faulthandler_timeout=0 $(ARGS)

bench: setup console ## measure speed and memory; the figures go to build/bench.json
	@mkdir -p build
	@$(PYTHON) -m tests.bench $(ARGS)

simulate: setup ## run brisa through SEEDS worlds full of faults, in two processes; the summary goes to build/simulation.json
	@$(PYTHON) -m tests.simulation --seeds $(SEEDS) $(ARGS)

# Airflow needs Python 3.11, so brisa gets the same one here: some examples install packages that others don't have.
conformance: .python/uv/bin/uv ## run the examples of Airflow 2 and 3 with them and with brisa, and compare (ARGS='--only NAME')
	@$(MAKE) --no-print-directory setup VENV=.venv-311 PYTHON_VERSION=3.11
	@.venv-311/bin/python -m tests.conformance $(ARGS)

providers: build/providers/.ready ## try Airflow's provider packages without Airflow; the answer goes to build/providers.json
	@build/providers/bin/python -m tests.providers build/providers.json

client: setup ## try each method of Airflow's Python client against brisa; the answer goes to build/client.json
	@$(PYTHON) -m tests.client $(ARGS)

locks: .python/uv/bin/uv ## write infra/locks anew after a change of dependencies (ARGS=--upgrade: newest versions)
	@infra/dev/update_locks.sh .python/uv/bin/uv $(ARGS)

clean: ## remove all that these targets have made
	rm -rf .venv .venv-* .venv*.log .python build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find functions infra pipelines shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: first the packages of the lock, then brisa itself as an editable install, which needs nothing more

$(VENV)/.locked: infra/locks/dev.txt
	@python=$$(infra/dev/find_python.sh $(PYTHON_VERSION)) && infra/dev/make_venv.sh "$$python" $(VENV) $<
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml shared/brisa/_version.py
	@$(PYTHON) -m pip install --quiet --no-input --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

# --- the console: what npm brings, a client generated from the API's document, and Vite's build of both

$(STATIC)/.built: $(shell find $(CONSOLE) -path '*/node_modules' -prune -o -type f ! -name schema.d.ts -print) \
		$(shell find shared/brisa/web -name '*.py') | setup
	@infra/dev/build_console.sh $(PYTHON) $(CONSOLE) $(STATIC)

build/providers/.ready: infra/locks/dev.txt tests/providers/requirements.txt tests/providers/install.sh pyproject.toml
	@mkdir -p build
	@python=$$(infra/dev/find_python.sh 3.13) || { echo "make providers needs Python 3.13."; exit 1; }; \
	tests/providers/install.sh "$$python" build/providers
	@touch $@

build/terraform/.ready: tests/infra/provider/requirements.txt | setup
	@mkdir -p build
	@infra/dev/make_venv.sh $(PYTHON) build/terraform $<
	@touch $@

build/checkov/.ready: tests/infra/checkov.txt | setup
	@mkdir -p build
	@infra/dev/make_venv.sh $(PYTHON) build/checkov $<
	@touch $@

.python/uv/bin/uv: infra/locks/tools.txt | setup
	@mkdir -p .python
	@infra/dev/make_venv.sh $(PYTHON) .python/uv $<
	@touch $@
