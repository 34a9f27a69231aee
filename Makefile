# make verify : set up .venv and verify the example learner end to end, into report/
# make test   : set up .venv and run the tests
# make check  : ruff, mypy, tests and doctests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# one test process a core, each with one linear-algebra thread
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

.PHONY: verify test check clean
.DELETE_ON_ERROR:

verify: $(VENV)/.verify
	$(BIN)/qlearn verify examples/diabetes.toml --out report/

test: $(VENV)/.test
	$(PYTEST)

check: $(VENV)/.dev
	$(BIN)/ruff check qlearn tests validation benchmarks
	$(BIN)/mypy
	$(PYTEST)
	$(PYTEST) --doctest-modules qlearn

# One environment; each target adds the extras that it needs.
$(VENV)/.verify $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "qlearn needs Python 3.11 or newer; '$(PYTHON)' is missing or older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments (no ensurepip). Install it and repeat:"; \
	  echo "  Debian, Ubuntu: sudo apt-get install python3-venv     Fedora: sudo dnf install python3-pip"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

clean:
	rm -rf $(VENV) report build *.egg-info
