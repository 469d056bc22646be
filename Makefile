# The front door. It holds no logic: meson builds and installs, scripts below tests/ do the rest.
# `make help` prints the targets from the comments behind them.

# The interpreter of the checks and of the installed bamsd. A Python from elsewhere on PATH is not taken by chance.
PYTHON ?= /usr/bin/python3
MESON ?= meson

# Where `make install` puts things. polkit and the bus read /usr and /etc only, so other places are for packagers.
prefix ?= /usr
sysconfdir ?= /etc
localstatedir ?= /var
DESTDIR ?=

# Where `make demo` answers, and whose rights it shows.
PORT ?= 9099
ROLE ?= admin

VENV = build/venv/bin
PYTEST = $(VENV)/pytest --durations=25 --numprocesses=auto --dist=worksteal
# Two machines: more would wait for each other's processors where these are emulated.
MACHINES = $(VENV)/pytest --verbose --durations=25 --numprocesses=2 --dist=loadfile --no-loadscope-reorder
APPLIANCE = $(PYTHON) tests/appliance/appliance.py
MESON_SETUP = $(MESON) setup build/meson --prefix=$(prefix) --sysconfdir=$(sysconfdir) --localstatedir=$(localstatedir) -Dstart_python=$(PYTHON)

export PYTHON

.PHONY: help page demo run stop shell status check check-long check-fast bench build install deb clean lint check-page python
.PHONY: node venv
.NOTPARALLEL:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: python ## Build and start the appliance: a virtual machine with tape libraries, bamsd and Cockpit (ZFS=0: without ZFS)
	@$(APPLIANCE) run

stop: python ## Stop the appliance
	@$(APPLIANCE) stop

shell: python ## A root shell in the running appliance
	@$(APPLIANCE) shell

status: python ## Say whether the appliance runs and where it answers
	@$(APPLIANCE) status

check: lint page ## Run every test, in browsers and in the virtual machine too (check-long: what takes long without KVM)
	$(PYTEST)
	$(MACHINES) tests/appliance

check-long: lint page ## Run what make check leaves out where there is no KVM, with 20 kills at random moments, not 6
	BAMS_LONG=1 $(MACHINES) -m long tests/appliance

check-fast: lint ## Run the checks that need no virtual machine and no browser and are not marked slow
	$(PYTEST) -m "not slow and not browser"

check-page: node
	cd cockpit-bams && npm run --silent lint && npm test --silent

lint: venv check-page
	$(VENV)/ruff check .
	$(VENV)/mypy

page: node ## Build the Cockpit page into cockpit-bams/dist
	cd cockpit-bams && npm run --silent build

demo: venv node ## Show the page on a simulated host, and build it again at each change (PORT=9099, ROLE=admin|operator|viewer)
	@$(VENV)/python -m tests.demo --port $(PORT) --role $(ROLE)

bench: venv ## Measure bamsd against the tools and other daemons, in the appliance
	$(VENV)/python -m tests.bench.bench

build: page ## Build the page, and prepare the installation in build/meson
	rm -rf build/meson
	$(MESON_SETUP)
	$(MESON) compile -C build/meson

install: build ## Install into this system, or below DESTDIR (prefix, sysconfdir, localstatedir, PYTHON)
	DESTDIR="$(DESTDIR)" $(MESON) install -C build/meson

deb: venv ## Build the Debian packages in build/deb
	@debian/build.sh build/deb

clean: ## Remove build/ and all caches of tools; stops the appliance first
	@if [ -d build/appliance ]; then $(APPLIANCE) stop; fi
	rm -rf cockpit-bams/build cockpit-bams/dist cockpit-bams/node_modules
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find bamsd tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@tests/setup.sh --python-only

node:
	@tests/setup.sh --node-only

venv:
	@tests/setup.sh
