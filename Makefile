# Heyi. On a clean clone: `make demo` to see it, `make test` to prove it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v $$p; break; fi; done)
PY := .venv/bin/python

PROPERTIES := $(addprefix tests/signaling/test_,non_interference.py who_is_given_what.py clerk_caucus.py)

FAULTS := $(addprefix tests/server/test_,fault_points.py service_fault_points.py)

.PHONY: help demo test test-long style types layers unit journeys network mutants fuzz bench bench-media bench-caucus bench-sync bench-copy bench-flood soak messages lock tour clean

help:
	@echo "make demo       the service with sample cases on this machine (ARGS=\"--port 8080\")"
	@echo "make test       style, types, layers, tests, journeys in a browser"
	@echo "make test-long  what takes longer, and journeys on a bad line (as root)"
	@echo "make fuzz       hostile bytes for ten minutes (ARGS=\"--minutes 60\")"
	@echo "make mutants    break the service on purpose and see which test notices"
	@echo "make bench      how fast it joins and what a room costs"
	@echo "make bench-media   what twenty rooms cost, against Janus (Debian: apt-get install janus)"
	@echo "make bench-caucus  how fast a caucus cuts and gives back"
	@echo "make bench-sync    how well recordings keep time (simulated)"
	@echo "make bench-copy    what the copy of an hour's recording costs, against ffmpeg (Debian: apt-get install ffmpeg)"
	@echo "make bench-flood   a million datagrams of strangers against a room"
	@echo "make soak       what the server holds on to while people come and go (ARGS=\"--minutes 30\")"
	@echo "make tour       pictures of every page into docs/tour.md"

# The environment: made once, and again when a lock file changes.
.venv/run: requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "Heyi needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"; exit 1; fi
	@$(PYTHON) -m venv .venv || { echo "Python cannot make an environment (Debian: apt-get install python3-venv)"; exit 1; }
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/run
	@$(PY) -m server demo $(ARGS)

test: .venv/dev .ci/packages.done style types layers unit journeys

# The whole way by synthetic parties; twenty times as many examples of what must always hold, and a kill and a
# fault at every step; every deliberate break with the test that notices it; bad lines.
test-long: .venv/dev .ci/packages.done
	$(PY) -m server rehearse
	EXAMPLES=many $(PY) -m pytest -q -n 2 --dist loadfile tests/rooms $(PROPERTIES) $(FAULTS)
	$(MAKE) --no-print-directory mutants
	$(MAKE) --no-print-directory network

.ci/packages.done: .ci/packages
	@.ci/packages
	@touch $@

style: .venv/dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/dev
	.venv/bin/mypy

layers: .venv/dev
	.venv/bin/lint-imports

unit: .venv/dev
	$(PY) -m pytest -q -n 2 --dist loadfile tests --ignore tests/journeys

journeys: .venv/dev
	$(PY) -m pytest -q tests/journeys --ignore tests/journeys/network

# In a network of its own, which only root may make; elsewhere it fails and says so.
network: .venv/dev
	$(PY) -m pytest -q tests/journeys/network

mutants: .venv/dev
	$(PY) -m tests.mutants

# Each round twenty times as many examples as `make test`, others each time; it ends at the first finding.
fuzz: .venv/dev
	@$(PY) -m tests.fuzz $(ARGS)

bench: .venv/dev .ci/packages.done
	@$(PY) -m bench.join $(ARGS)

bench-media: .venv/dev
	@$(PY) -m bench.media $(ARGS)

bench-caucus: .venv/dev
	@$(PY) -m bench.caucus $(ARGS)

bench-sync: .venv/dev
	@$(PY) -m bench.sync $(ARGS)

bench-copy: .venv/dev .ci/packages.done
	@$(PY) -m bench.copying $(ARGS)

bench-flood: .venv/dev
	@$(PY) -m bench.flood $(ARGS)

soak: .venv/dev
	@$(PY) -m bench.soak $(ARGS)

tour: .venv/dev .ci/packages.done
	$(PY) -m tests.journeys.tour

messages: .venv/dev
	$(PY) -m web.locales.refresh

# Pins with hashes and without an index; needs uv on the path.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q pyproject.toml --group install -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q pyproject.toml --group install --group dev -o requirements-dev.lock

clean:
	rm -rf .venv .ci/packages.done .mypy_cache .ruff_cache .pytest_cache
