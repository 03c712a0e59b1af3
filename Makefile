# Every target starts from a bare machine with Python >= 3.11, venv and make; what it installs goes into .venv.
# Paths are relative throughout, so the project may stand in a folder whose name has spaces.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq install

.PHONY: demo test long test-all lint typecheck generate check-generated docs bench interop requirements clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

demo: .venv/run ## the main job on the emulator: three runs with different inputs, and one that fails
	@$(PY) examples/demo.py

test: .venv/dev ## the test suite
	@echo "==> running the tests"
	@$(PY) -m pytest -n auto --maxprocesses 4

long: .venv/dev ## the tests that take long: storms of cancelled calls, lost starts, huge documents, the benchmarks
	@echo "==> running the long tests"
	@$(PY) -m pytest -m long

test-all: test long interop ## every test there is

interop: .venv/dev .venv/interop/ok ## judges we did not write: the vendor's command line, prism, schemathesis
	@echo "==> running the interop tests"
	@DEEPNOTE_CLI="$(CURDIR)/.venv/interop/bin/deepnote" $(PY) -m pytest -m interop

lint: .venv/dev ## style, import rules, and both contracts under three validators
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports --no-logo
	.venv/bin/openapi-spec-validator openapi.yaml datalore/openapi.yaml
	$(PY) tools/node.py redocly lint openapi.yaml datalore/openapi.yaml
	$(PY) tools/node.py spectral lint --ruleset tools/node/spectral.yaml openapi.yaml datalore/openapi.yaml

typecheck: .venv/dev ## mypy --strict and pyright over hand-written and generated code
	$(PY) -m mypy
	cd generated && ../$(PY) -m mypy --strict --config-file= -p deepnote_async_api -p datalore_async_api
	$(PY) tools/node.py pyright

generate: .venv/dev ## generated/ from the OpenAPI documents
	$(PY) tools/generate.py

check-generated: .venv/dev ## fail if generated/ is not what the documents give
	$(PY) tools/generate.py --check
	$(PY) tools/operations.py --check

docs: .venv/dev ## the pages that are written from the contract
	$(PY) tools/operations.py

bench: .venv/dev ## the benchmarks, in some seven minutes; `make bench BENCH=--profile` says where the time goes
	@$(PY) -m benchmarks $(BENCH)

requirements: .venv/dev ## pin the requirement files again from their .in files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/run.in -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/interop.in -o requirements/interop.txt

clean: ## remove what the targets installed and cached
	rm -rf .venv tools/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("deepnote-async needs Python 3.11 or newer: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@echo "==> installing the pinned requirements into .venv (once)"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run requirements/dev.txt
	@echo "==> installing the pinned development tools into .venv (once)"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/interop/ok: .venv/run requirements/interop.txt
	@echo "==> installing the vendor's command line into .venv/interop (once)"
	@$(PYTHON) -m venv .venv/interop
	@.venv/interop/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/interop.txt
	@touch $@
