# make learn     set everything up and open the first lesson
# make test      set everything up and run the whole test suite
# make pythons   the whole test suite with each Python that is here: 3.11, 3.12, 3.13
# make setup     only set up
# make lint      check style and types
# make bench     measure the figures that matter beside their references
# make picture   draw the README's picture from a real session
# make lock      pin the newest fitting Python packages anew
# make help      this list

.DEFAULT_GOAL := help
.PHONY: learn test pythons setup setup-dev lint bench picture lock help

LESSON ?= netns
PYTHON := $(or $(NETSHELL_VENV),.venv)/bin/python

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup:
	@sh scripts/setup

setup-dev:
	@sh scripts/setup --dev

learn: setup
	@$(PYTHON) -m netshell learn $(LESSON)

# Tests wait more than they compute: a worker more than there are processors (tests/conftest.py).
test: setup-dev
	@$(PYTHON) -m pytest -n auto --dist worksteal $(ARGS)

pythons:
	@for version in 3.11 3.12 3.13; do \
		python$$version -c 'import ensurepip' 2>/dev/null || continue; \
		echo "Python $$version:"; \
		NETSHELL_PYTHON=python$$version NETSHELL_VENV=.venv-$$version $(MAKE) --no-print-directory test || exit 1; \
	done

lint: setup-dev
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

bench: setup-dev
	@$(PYTHON) bench/run.py $(ARGS)

picture: setup-dev
	@$(PYTHON) scripts/picture.py

# The developers' lock first, the learners' within it, so that both hold the same versions. Every file of a version is
# hashed, so the locks serve all Python versions and processors; requirements are resolved for the oldest Python.
COMPILE = $(PYTHON) -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --build-deps-for editable

lock: setup-dev
	@$(COMPILE) --extra dev --output-file requirements-dev.lock pyproject.toml
	@$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml
