# make demo | make test | make check — each builds the environment first. See README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: env demo test check chaos fuzz format constraints clean

env: $(VENV)/.built

$(VENV)/.built: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Navette needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: env
	$(BIN)/navette demo run $(if $(KEEP),--keep)

test: env
	$(BIN)/pytest -q -m "not chaos" $(ARGS)

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(MAKE) test

chaos: env
	$(BIN)/pytest -q -m chaos tests/chaos

# the parser's properties with many more generated mails, each within 2 s: make fuzz FUZZ=100000
fuzz: env
	FUZZ=$(or $(FUZZ),20000) $(BIN)/pytest -q tests/mail/test_parsing_properties.py tests/mail/test_transfer.py

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# needs uv on the PATH; the result names no host
constraints:
	uv pip compile --universal --no-header --no-annotate --no-emit-index-url --python-version 3.11 \
	  --all-extras pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
