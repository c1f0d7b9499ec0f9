# One command before every push: `make check`. Uses the environment in .venv, or $(BIN).

BIN ?= .venv/bin

.PHONY: check format lint types layers test wheel open shot mutants commands

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

# The images in docs/img, taken from the screen itself.
shot:
	$(BIN)/python docs/shots.py

# What the tests would not notice: faults planted one at a time, `make mutants PATHS=workbench/runs`
# for a part, `$(BIN)/mutmut browse` to look at what lived. Needs `pip install -e '.[dev,mutants]'`.
PATHS ?= workbench
mutants:
	OMP_NUM_THREADS=1 nice -n 15 $(BIN)/mutmut run --max-children 1 \
		$(foreach path,$(PATHS),'$(subst /,.,$(path:.py=)).*')

# The same for a random sample of each area, with a table.
mutants-sample:
	nice -n 15 $(BIN)/python benchmarks/mutants.py

# The table of commands and switches in docs/commands.md, from the commands themselves.
commands:
	$(BIN)/python docs/commands.py
