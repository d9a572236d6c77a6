# Everything a developer calls. Each target installs what it needs first: with uv if it is there, else with venv
# and pip. A second call starts at once.
BIN := .venv/bin
ROUNDS ?= 100
ARGS ?=
INSTALL := requirements/install pyproject.toml requirements/base.txt

.PHONY: help demo test check e2e bench chaos requirements format clean

help:
	@echo "make demo          the whole product in your browser, with an example team"
	@echo "make test          the tests that need nothing but this machine's Python"
	@echo "make check         style, types, import contracts, dependencies"
	@echo "make e2e           scenarios on a local Slack server and in a browser"
	@echo "make bench         how fast it is"
	@echo "make chaos         kill -9 at random moments, ROUNDS=100 times"
	@echo "make requirements  pin the newest allowed releases (needs uv)"
	@echo "make format        put the code into its usual form"
	@echo "make clean         remove what was installed and made"

demo: .venv/.base
	@$(BIN)/liaison demo $(ARGS)

test: .venv/.dev
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .

e2e: .venv/.e2e
	@$(BIN)/python -m pytest -m "scenario or e2e or postgres" -n 4 --dist loadfile $(ARGS)

chaos: .venv/.e2e
	@$(BIN)/python -m pytest -m chaos tests/chaos -n 2 --rounds $(ROUNDS) $(ARGS)

bench: .venv/.e2e
	@$(BIN)/python -m benchmarks $(ARGS)

format: .venv/.dev
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

requirements:
	@command -v uv >/dev/null || { echo "make requirements needs uv: https://docs.astral.sh/uv/"; exit 1; }
	@requirements/export --upgrade

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage test-results

.venv/.base: $(INSTALL)
	@requirements/install base

.venv/.dev: $(INSTALL) requirements/dev.txt
	@requirements/install dev

.venv/.e2e: $(INSTALL) requirements/dev.txt requirements/postgres.txt requirements/e2e.txt
	@requirements/install e2e
