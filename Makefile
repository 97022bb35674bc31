# What a developer types. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help check fast bench docs vectors web soak contracts lock clean
PYTHON := .venv/bin/python

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

check: ## every check (./test)
	@./test

fast: ## every check but the slow tests
	@./test --fast

bench: $(PYTHON) ## run every bench, one after the other, and print medians
	@set -e; ls bench/*.py >/dev/null 2>&1 || { echo "not built yet: no bench is here"; exit 1; }; \
	for file in bench/[a-z]*.py; do echo "== $$file"; $(PYTHON) -m "bench.$$(basename "$$file" .py)"; done

vectors: $(PYTHON) ## make the test vectors of our own formats again (tests/vectors/troth)
	@test -f tests/vectors/make.py || { echo "not built yet: tests/vectors/make.py"; exit 1; }
	@$(PYTHON) -m tests.vectors.make

docs: $(PYTHON) ## check that the documentation agrees with the program
	@$(PYTHON) -m pytest -q tests/architecture/test_docs.py tests/architecture/test_errors.py

web: $(PYTHON) ## the tests of pages in a real browser
	@$(PYTHON) -m pytest -q -m browser tests; code=$$?; \
	if [ $$code -eq 5 ]; then echo "not built yet: no test drives a browser"; exit 1; fi; exit $$code

contracts: $(PYTHON) ## write the import contracts that are due into pyproject.toml
	@$(PYTHON) -m tests.architecture.plan

soak: $(PYTHON) ## every case of the longest tests: a refused system call at a time, a year of ticks, kills at every step
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m soak tests

lock: ## write requirements.lock anew from pyproject.toml (needs uv)
	@{ echo "# Versions this project was tried with; ./run and ./test install these first. Made by: make lock"; \
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --quiet \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade; } > requirements.lock

clean: ## remove what checks leave behind (not .venv, not data)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

$(PYTHON):
	@bash -c '. tools/environment.sh; troth_environment dev'
