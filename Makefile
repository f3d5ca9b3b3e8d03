# The README's two commands are `make demo` and `make test`; CONTRIBUTING.md tells the rest.
PY ?= $(shell command -v python3.11 || command -v python3)
V  := .venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A start that compiles every module anew takes seconds.
unexport PYTHONDONTWRITEBYTECODE

# Install one hashed lock file, by uv where it reaches an index, else by pip.
LOCKED = $(V)/bin/uv pip install -q --require-hashes --python $(V)/bin/python -r $(1) 2>/dev/null || $(V)/bin/pip install -q --require-hashes -r $(1)

.PHONY: demo test browser check bench lock docs clean

demo: $(V)/.run
	@$(V)/bin/payper run examples/northwind --out out/northwind

test: $(V)/.test
	$(V)/bin/python -m pytest -q -n 2 --dist worksteal $(ARGS)

# The pages in a real browser: a Chromium of the system, and a library that drives it.
browser: $(V)/.browser
	$(V)/bin/python -m pytest -q tests/web/browser $(ARGS)

check: $(V)/.test
	$(V)/bin/ruff check .
	$(V)/bin/ruff format --check .
	$(V)/bin/mypy
	$(V)/bin/lint-imports
	$(V)/bin/python tools/sizes.py
	$(V)/bin/python tools/generate.py --check

bench: $(V)/.test
	$(V)/bin/python benchmarks/end_to_end.py $(ARGS)

docs: $(V)/.test
	$(V)/bin/python tools/generate.py

$(V)/bin/python:
	@test -n "$(PY)" || { echo "payper needs Python 3.11 or newer: install python3 and run make again"; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "payper needs Python 3.11 or newer, and $(PY) is older: make PY=/path/to/python3.11"; exit 1; }
	@$(PY) -m venv $(V) || { echo "$(PY) has no venv module: on Debian and Ubuntu run 'apt-get install python3-venv', then make again"; rm -rf $(V); exit 1; }

$(V)/.run: requirements/bootstrap.txt requirements/run.txt pyproject.toml | $(V)/bin/python
	@echo "Setting up .venv (once, about half a minute) ..."
	@$(V)/bin/pip install -q --require-hashes -r requirements/bootstrap.txt
	@$(call LOCKED,requirements/run.txt)
	@$(V)/bin/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(V)/.test: $(V)/.run requirements/test.txt
	@$(call LOCKED,requirements/test.txt)
	@touch $@

$(V)/.browser: $(V)/.test requirements/browser.txt
	@$(call LOCKED,requirements/browser.txt)
	@touch $@

# Maintainers only: compile the locks anew. No address of any index is written into them.
lock: | $(V)/.run
	$(V)/bin/python tools/lock.py

clean:
	rm -rf $(V) out .mypy_cache .pytest_cache .ruff_cache .hypothesis
