# One command before every push: `make check`. Uses the environment in .venv, or $(BIN).

BIN ?= .venv/bin

.PHONY: check format lint types layers test wheel open shot

check: lint types layers test

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

layers:
	$(BIN)/lint-imports

test:
	$(BIN)/pytest

wheel:
	$(BIN)/python -m hatchling build

open:
	$(BIN)/workbench

# The pictures in docs/img, taken from the screen itself.
shot:
	$(BIN)/python docs/shots.py
