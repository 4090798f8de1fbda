# Everything a person does with this repository. Needs Python 3.11 to 3.13 (PYTHON=…) and make; `make help` lists the verbs.
PYTHON ?= python3
ARCHITECTURE ?= x86_64
# Two processes: most tests wait for something. A file stays in one of them, as its tests share servers and stacks.
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder

tag := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
envs := $(CURDIR)/.local/envs/$(tag)
python := $(envs)/dev/bin/python
sam := SAM_CLI_TELEMETRY=0 $(envs)/sam/bin/sam
uv := $(envs)/installer/bin/uv
# What npm gives: the second validator of the state machine, and a browser that looks at reports.
node_packages := .local/node/asl-validator@4.0.0+chromium@147.0.0+puppeteer-core@24.43.1

# Where this is set, as in many containers, each of the many processes of the tests compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: help setup demo test explore year security bench lint type fmt docs screenshots build build-local local lock clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything into .local/, from hashed lock files
	@$(PYTHON) -m local.setup dev trainer runtime sam
	@$(MAKE) --silent $(node_packages) || echo "setup: no npm here, so two checks are left out: the second validator of the state machine, and the browser"

demo: setup build-local ## a year of one model, on this machine alone; SCENARIO=performance|drift|fleet|experiments|backtest
	@$(python) -m local demo $(SCENARIO)

local: setup build-local ## keep the whole stack running here until Ctrl-C
	@$(python) -m local run

test: setup build-local lint type ## everything that can be checked without a cloud
	@$(python) -m pytest $(PYTEST_ARGS)

explore: setup build-local ## the property tests with new examples, five times as many
	@$(python) -m pytest -m hypothesis --hypothesis-profile=explore $(PYTEST_ARGS)

year: setup build-local ## a year of the real state machine beside a back-test, decision by decision; takes minutes
	@$(python) -m pytest -m year tests/workflow/test_back_test.py

security: setup ## scan the template with checkov, in an environment of its own, and with cfn-lint
	@$(PYTHON) -m local.setup security
	@$(python) -m pytest tests/deployment/test_findings.py tests/deployment/test_grants.py

bench: setup build-local ## measure speed and size, next to DuckDB and Polars, in an environment of their own
	@$(PYTHON) -m local.setup bench
	@$(python) -m local bench

lint: ## ruff, rules and format
	@$(python) -m ruff check
	@$(python) -m ruff format --check --quiet || { echo "lint: run 'make fmt'"; exit 1; }

type: ## mypy, strict
	@$(python) -m mypy

fmt: ## format the code and fix what ruff can fix
	@$(python) -m ruff check --fix --quiet || true
	@$(python) -m ruff format

docs: ## write the generated pages anew
	@$(python) -m local.docs

screenshots: setup ## take those in docs/images anew; needs npm, which fetches Chromium
	@$(python) -m tests.report.screenshots

build: ## the deployable build in .aws-sam/ (ARCHITECTURE=x86_64 or arm64); then: sam deploy --config-env dev
	@$(PYTHON) -m local.setup sam
	@$(sam) validate --lint
	@TARGET=$(ARCHITECTURE) UV=$(uv) PYTHON=$(PYTHON) $(sam) build --parameter-overrides Architecture=$(ARCHITECTURE)

build-local: ## the build that this machine's Python runs, in .local/build/
	@$(python) -m local.build

# One set of versions for tests, functions and training image: all other lock files follow dev.txt.
resolve := $(uv) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
  --no-annotate --custom-compile-command 'make lock'
followers := layers/vendor layers/numeric layers/columnar functions/train_model

lock: ## write the lock files anew (LOCK_ARGS=--upgrade for newer versions)
	@$(PYTHON) -m local.setup sam
	$(resolve) $(LOCK_ARGS) local/requirements/dev.in --output-file local/requirements/dev.txt
	@for folder in $(followers); do \
	  $(resolve) --constraint local/requirements/dev.txt $$folder/requirements.in --output-file $$folder/requirements.txt || exit; done
	$(resolve) --constraint local/requirements/dev.txt --no-emit-package numpy \
	  layers/scientific/requirements.in --output-file layers/scientific/requirements.txt
	@for name in sam security bench runtime bootstrap; do \
	  $(resolve) $(LOCK_ARGS) local/requirements/$$name.in --output-file local/requirements/$$name.txt || exit; done

clean: ## remove everything that was generated
	rm -rf .local .aws-sam .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -r {} +

$(node_packages):
	@command -v npm >/dev/null
	@echo "setup: asl-validator, the second validator of the state machine, and Chromium …"
	@npm install --prefix .local/node --no-save --no-audit --no-fund --ignore-scripts --fetch-retries 1 --loglevel error \
	  asl-validator@4.0.0 @sparticuz/chromium@147.0.0 puppeteer-core@24.43.1 >/dev/null
	@touch $@
