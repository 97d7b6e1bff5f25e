# The words a newcomer types. Everything is done in .venv; nothing outside of this folder is changed, except that
# `make setup` installs missing Debian packages where it may.

PY := .venv/bin/python
STAMP := .venv/.ready

.PHONY: help setup farm demo test lint format bench bench-check docs clean

help:
	@echo "make setup   install what n6gen needs (into .venv; system packages where allowed)"
	@echo "make farm    the same with labgrid, into .venv-farm: for the tests of a board farm"
	@echo "make demo    build, flash and measure the demo network on the virtual board"
	@echo "make test    run all tests"
	@echo "make lint    check style, types and generated pages"
	@echo "make format  format Python and C"
	@echo "make docs    write the generated pages of docs/ anew"
	@echo "make bench   count the cpu compiler's instructions on the virtual board (ARGS=--write keeps them)"
	@echo "make bench-check  fail if one has risen by more than 1 %"

setup: $(STAMP)

$(STAMP): pyproject.toml scripts/setup
	@scripts/setup
	@touch $(STAMP)

farm: .venv-farm/.ready

.venv-farm/.ready: pyproject.toml scripts/setup_farm
	@scripts/setup_farm
	@touch $@

demo: $(STAMP)
	@scripts/demo

test: $(STAMP)
	$(PY) -m pytest -n auto --dist worksteal $(ARGS)

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) scripts/format_c.py --check
	$(PY) scripts/make_docs.py --check

format: $(STAMP)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) scripts/format_c.py

docs: $(STAMP)
	$(PY) scripts/make_docs.py
	$(PY) -m bench --page

bench: $(STAMP)
	$(PY) -m bench $(ARGS)

bench-check: $(STAMP)
	$(PY) -m bench --check

clean:
	rm -rf .venv build dist
