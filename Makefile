# For development; the second command of the README sets up the environment that these use.
BIN ?= .venv/bin

.PHONY: check test test-all coverage
check: ## style, types and the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: ## what every change has to pass, as in the README
	$(BIN)/pytest -m unit

test-all: ## also servers, browsers, training, killed jobs, and what takes longer than that
	$(BIN)/pytest -m "not endless"

coverage: ## what share of the lines and branches the tests run; a page of it in htmlcov/
	$(BIN)/pytest --cov --cov-report=term --cov-report=html
