# Every command installs what it needs first (deploy/bootstrap.sh); a second run starts at once.
#
#   make demo ARGS=--check      words for `yika demo`
#   make test ARGS="-k torn"    words for pytest
#   make test ARGS="-k codec --hypothesis-profile=thorough"    a thousand drawn cases, not fifty
#   make test WORKERS=3         in so many processes; six unless told
#   make bench ONLY=receipt     only the figures whose name starts so
#   make kill RUNS=1000 SEED=7  so many kiosks killed, as this seed chooses

SHELL := /bin/sh
.DEFAULT_GOAL := help
ifndef SIDE_BY_SIDE
.NOTPARALLEL:
endif
.PHONY: help demo test suite lint types forms house format bench kill drain model schema lock clean

# Dozens of child processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON_VENV := .venv/bin/python
PACKAGES := kiosk cardserver drivers printer simulators
CODE := $(PACKAGES) $(wildcard tests benchmarks)
ARGS ?=
ONLY ?=
PCSC ?=
RUNS ?= 100
SEED ?= 1
WORKERS ?= 6
PASSAGES ?= 1000000
TOGETHER := $(MAKE) --no-print-directory --jobs=2 --output-sync=target SIDE_BY_SIDE=yes

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: ## The whole site on simulated hardware (PCSC=1: over the real PC/SC daemon)
	@deploy/bootstrap.sh demo $(if $(PCSC),pcsc)
	@exec .venv/bin/yika demo $(if $(PCSC),--pcsc) $(ARGS)

test: lint suite ## Every check, then every test; a check that fails is told within half a minute

suite: ## Every test
	@deploy/bootstrap.sh test
	@$(PYTHON_VENV) -m pytest --workers $(WORKERS) $(ARGS)

lint: ## Format, style, types, import contracts, dependencies, dead code, spelling
	@deploy/bootstrap.sh test
	@$(TOGETHER) types forms

types: ## Types alone
	@deploy/bootstrap.sh test
	$(PYTHON_VENV) -m mypy -n auto --explicit-package-bases $(CODE)

forms: ## All other checks of `make lint`
	@deploy/bootstrap.sh test
	$(PYTHON_VENV) -m ruff format --check
	$(PYTHON_VENV) -m ruff check
	.venv/bin/lint-imports
	.venv/bin/deptry .
	.venv/bin/vulture --min-confidence 100 $(PACKAGES)
	.venv/bin/codespell

house: ## The rules of the house alone
	@deploy/bootstrap.sh test
	$(PYTHON_VENV) -m pytest -q tests/test_house.py

format: ## Put every file into the house's form
	@deploy/bootstrap.sh test
	$(PYTHON_VENV) -m ruff format
	$(PYTHON_VENV) -m ruff check --fix

bench: ## Figures, one JSON object a line (ONLY=prefix for a part)
	@deploy/bootstrap.sh test
	@$(PYTHON_VENV) -m benchmarks $(ONLY)

kill: ## Kill the kiosk again and again (RUNS=n SEED=s) and look whether all money is there
	@deploy/bootstrap.sh test
	@$(PYTHON_VENV) -m tests.scenario.kill --runs $(RUNS) --seed $(SEED)

drain: ## Kill gate and centre while 20,000 taps are handed over, pull the plug (SEED=s)
	@deploy/bootstrap.sh test
	YIKA_KILL_ALL=1 YIKA_KILL_SEED=$(SEED) $(PYTHON_VENV) -m pytest -q \
	    tests/scenario/test_draining.py tests/scenario/test_power_cuts.py

model: ## Judge random passages beside a second, obvious writing of the rules (PASSAGES=n SEED=s)
	@deploy/bootstrap.sh test
	@YIKA_PASSAGES=$(PASSAGES) YIKA_SEED=$(SEED) $(PYTHON_VENV) -m pytest -q -p no:cacheprovider \
	    tests/unit/cardserver/gaterules/test_against_the_obvious.py

schema: ## Write what a new store on SQLite is made of anew from the migrations
	@deploy/bootstrap.sh test
	@$(PYTHON_VENV) -m tests.databases.newstore

lock: ## Write requirements.lock anew from what .venv holds
	@deploy/bootstrap.sh test
	@{ sed '/^[^#]/d' requirements.lock; \
	   $(PYTHON_VENV) -m pip --disable-pip-version-check freeze --exclude-editable \
	       --exclude pip --exclude setuptools --exclude wheel; } > .venv/requirements.lock
	@mv .venv/requirements.lock requirements.lock

clean: ## Remove .venv and every cache; data in var/ stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache .coverage
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
