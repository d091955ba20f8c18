# Everything a person does with this clone; `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
MEDIA ?=
AREA ?=
RUN := .venv/bin/python
export MEDIA PORT HOST

.DEFAULT_GOAL := help
.PHONY: help init dev up demo test coverage lint lint-types lint-rest schema format bench bench-full chaos

help:  ## What there is
	@echo "make up MEDIA=FOLDER   start Videothek and scan the folder (PORT=8000 HOST=127.0.0.1)"
	@echo "make init              install what it needs into .venv, without starting"
	@echo "make demo              make a small library of drawn videos under var/demo and start it (PORT=8000)"
	@echo "make test              all tests"
	@echo "make coverage          all tests, and how much of the code they ran"
	@echo "make lint              style, types, import contract, templates, migrations"
	@echo "make schema            write docs/api/schema.yaml anew, after a change of the API"
	@echo "make format            bring the code into shape"
	@echo "make bench AREA=...    measure one area, or all; bench-full takes long"
	@echo "make chaos             kill workers and servers under work, and count what came through (FILES=500)"

init:
	@$(PYTHON) config/bootstrap.py

dev:
	@$(PYTHON) config/bootstrap.py --dev

# exec: Ctrl-C and SIGTERM to make itself reach Videothek, which then stops everything it started.
up: init
	@exec $(RUN) manage.py up --port "$$PORT" --host "$$HOST" $${MEDIA:+--media "$$MEDIA"}

# A home of its own: nothing of it lands in the library that `make up` starts.
demo: init
	@VIDEOTHEK_HOME="$(CURDIR)/var/demo" $(RUN) manage.py demo
	@VIDEOTHEK_HOME="$(CURDIR)/var/demo" exec $(RUN) manage.py up --port "$$PORT" --host "$$HOST"

test:
	@$(PYTHON) config/bootstrap.py --dev --browser
	$(RUN) -m pytest -n 2 $(PYTEST_OPTIONS)

# A quarter slower.
coverage:
	@$(PYTHON) config/bootstrap.py --dev --browser
	$(RUN) -m pytest -n 2 --cov --cov-report=term --cov-fail-under=85 $(PYTEST_OPTIONS)

# Types take as long as all the rest together.
lint: dev
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint-types lint-rest

lint-types:
	.venv/bin/mypy .

lint-rest:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	.venv/bin/djlint --quiet --lint templates
	.venv/bin/djlint --quiet --check templates

schema:
	$(RUN) -W ignore::RuntimeWarning manage.py api_schema

format: dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/djlint --quiet --reformat templates

bench: dev
	$(RUN) -m tests.bench $(AREA)

bench-full: dev
	$(RUN) -m tests.bench --full $(AREA)

chaos: dev
	VIDEOTHEK_CHAOS_FILES="$(or $(FILES),500)" $(RUN) -m tests.bench chaos
