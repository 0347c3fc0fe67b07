# `make` lists the targets. Everything is installed into .venv. (pip, Hugging Face and Jupyter keep caches in the home folder.)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WEBUI_VENV := .venv-openwebui
WEBUI_STAMP := $(WEBUI_VENV)/.installed
SHELL := /bin/bash

# The first of these that starts, is Python 3.11 or 3.12, and can make virtual environments.
# (An installed shim that does not start, as pyenv leaves them, must not win.)
FIND_PYTHON := for p in python3.11 python3.12 python3; do \
	if $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1; \
	then echo $$p; exit 0; fi; done; \
	echo "No Python 3.11 or 3.12 with the venv module was found. Install one (on Debian and Ubuntu:" \
	"apt-get install python3 python3-venv) and run make again." >&2; exit 1

.PHONY: help setup webui browser demo test test-course test-rest lab frameworks bench clean

help:  ## This list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Install everything into .venv (skipped when nothing changed)

$(STAMP): pyproject.toml requirements-no-deps.txt
	@python=$$($(FIND_PYTHON)) && { $(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Creating $(VENV) with $$python"; $$python -m venv $(VENV); }; }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25'
	@# setuptools warns that an editable installation follows the working directory, which is what is wanted here.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable '.[local,test]'
	$(BIN)/python -m pip install --quiet --no-deps --requirement requirements-no-deps.txt
	@touch $(STAMP)

# In an environment of its own: the versions it asks for are not the course's.
webui: $(WEBUI_STAMP)  ## Install Open WebUI, for notebook 05, into .venv-openwebui (about 1 GB, a few minutes)

$(WEBUI_STAMP): requirements-openwebui.txt
	@python=$$($(FIND_PYTHON)) && { $(WEBUI_VENV)/bin/python -m pip --version >/dev/null 2>&1 || { echo "Creating $(WEBUI_VENV) with $$python"; $$python -m venv $(WEBUI_VENV); }; }
	$(WEBUI_VENV)/bin/python -m pip install --upgrade 'pip>=25'
	$(WEBUI_VENV)/bin/python -m pip install --requirement requirements-openwebui.txt
	@touch $(WEBUI_STAMP)

browser:  # Chromium for the browser tests: found, or installed from Debian's or Ubuntu's packages
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || { \
	if [ "$$(id -u)" = 0 ]; then apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium; \
	else echo "The browser tests need Chromium. Install it: sudo apt-get install chromium" >&2; exit 1; fi; }

demo: setup  ## The whole course in one run: platform up, notebooks in order, report, platform down
	$(BIN)/flywheel run

# Both environments are installed side by side, and so are two halves of the tests run: much of their time is waiting.
# A process that trains gets one core then, as two would get in each other's way. pytest lists the slowest tests.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --durations=12 --durations-min=20
OUTPUT_SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)  # GNU make 4 and later
test: browser  ## All tests
	@$(MAKE) --no-print-directory --jobs=2 setup webui
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(OUTPUT_SYNC) test-course test-rest

test-course:
	$(PYTEST) -o cache_dir=.pytest_cache/course tests/browser tests/notebooks

test-rest:
	$(PYTEST) --ignore=tests/browser --ignore=tests/notebooks

# A default of the JupyterLab in .venv, which does not ask newcomers whether it may fetch news. A user's setting wins.
LAB_DEFAULTS := $(VENV)/share/jupyter/lab/settings/overrides.json
$(LAB_DEFAULTS): $(STAMP)
	@mkdir -p $(@D)
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}' >$@

lab: setup $(LAB_DEFAULTS)  ## JupyterLab in notebooks/, with the local platform up while it runs
	$(BIN)/flywheel up
	@trap '$(BIN)/flywheel webui down; $(BIN)/flywheel down' EXIT; trap : INT; PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)" $(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/00_preflight.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

# RELEASE=25.12.1 OVERLAYS="h100 clean-cluster" REVISION=2: see frameworks/README.md
frameworks: setup  ## Pack the two frameworks for Private Cloud AI into dist/
	@$(BIN)/python -m frameworks.pack $(if $(RELEASE),--release $(RELEASE)) $(if $(REVISION),--revision $(REVISION)) --overlays $(OVERLAYS)

bench: setup  ## Training and inference speed against plain transformers
	@for script in benchmarks/{training,inference,xlam_conversion}.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:  ## Stop the platform and delete what it and the runs made (keeps .venv and .venv-openwebui)
	@if [ -x $(BIN)/flywheel ]; then $(BIN)/flywheel webui down; $(BIN)/flywheel down; fi
	rm -rf .flywheel runs data build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
