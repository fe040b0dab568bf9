# make run     set up, then start the server (PORT chooses the port, 8000 without it)
# make test    set up, then every check and every test
# make help    the rest

SHELL := /bin/sh
PY := .venv/bin/python
export PORT ?= 8000
# A test waits for its server now and then, so three at a time keep two cores busy. Which file is first, the tests say.
WORKERS ?= -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test check format rows docs bench lock clean setup setup-test

help:
	@echo "make run      set up and start the server; PORT=8000 chooses the port"
	@echo "make test     set up, then lint, types, import contracts and all tests; ARGS='-k name' for some"
	@echo "make check    lint, types and import contracts only"
	@echo "make format   put the code in its format, and mend what ruff can"
	@echo "make rows     the 195 documented facts of the four systems: which of them a test shows"
	@echo "make docs     write the reference pages again from the code"
	@echo "make bench    measure; tables go to docs/benchmarks.md"
	@echo "make lock     pin requirements/*.in with hashes; UPGRADE=1 takes the newest of all"
	@echo "make clean    remove the environment, caches and what runs left behind"

setup:
	@sh tools/setup.sh run

setup-test:
	@sh tools/setup.sh test

run: setup
	@exec .venv/bin/afluente serve

# Every check runs even where one before it failed, so that one run tells all. Types are checked beside the tests,
# and told after them.
test: setup-test
	@failed=; \
	$(PY) -m ruff check --quiet . || failed="$$failed ruff-check"; \
	$(PY) -m ruff format --check --quiet . || failed="$$failed ruff-format"; \
	mkdir -p .cache; $(PY) -m mypy >.cache/mypy.log 2>&1 & types=$$!; \
	$(PY) -m pytest $(WORKERS) $(ARGS) || failed="$$failed pytest"; \
	wait $$types || failed="$$failed mypy"; cat .cache/mypy.log; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

check: setup-test
	@failed=; \
	$(PY) -m ruff check . || failed="$$failed ruff-check"; \
	$(PY) -m ruff format --check . || failed="$$failed ruff-format"; \
	$(PY) -m mypy || failed="$$failed mypy"; \
	$(PY) -m pytest -q tests/architecture || failed="$$failed architecture"; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

format: setup-test
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

rows: setup-test
	@$(PY) -m pytest -q --no-header --no-summary --rows

docs: setup-test
	@$(PY) tools/docs.py

bench: setup-test
	@$(PY) -m bench $(ARGS)

lock: setup
	@sh tools/lock.sh

clean:
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .rows-shown.json \
	  build dist src/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
