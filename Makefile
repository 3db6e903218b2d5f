# Two commands: `make demo` and `make test`. Each does its own set-up.
SHELL := /bin/bash
PY := .venv/bin/python
# One cargo target directory for the runtime, its tests and everything the tests generate.
export CARGO_TARGET_DIR ?= $(CURDIR)/.cache/target
# Python's bytecode: the tests start hundreds of processes, which otherwise compile every module anew where the environment
# forbids to write it. It stands apart from the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.cache/bytecode
# The pinned compiler, wherever a command runs; `RUSTUP_TOOLCHAIN=stable make test` takes another.
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
ifndef RUSTUP_TOOLCHAIN
RUSTUP_TOOLCHAIN := $(shell scripts/rust_toolchain.sh)
endif
ifneq ($(RUSTUP_TOOLCHAIN),)
export RUSTUP_TOOLCHAIN
endif
endif
SECONDS_TO_FUZZ ?= 600
ROUNDS_TO_KILL ?= 200
PLACES_BETWEEN ?= 5
TIES_TO_SETTLE ?= 2000
FILES_TO_READ ?= 2000

.PHONY: help demo test side-by-side environment engine check lint lint-python lint-rust site test-python test-rust t quick versions fuzz bench docs dist setup hooks lock clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: setup  ## make a 50,000-line ledger, compile a strategy, reconcile, show the result
	@$(PY) examples/intercompany/run.py

test: side-by-side test-python  ## everything that CI runs

# The engine module is linked by one core while the other lints; what the two Rust targets compile, they take in turns.
side-by-side:
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target engine lint-rust test-rust lint-python site

setup: environment engine

environment:
	@scripts/setup.sh
	@$(PY) -c "import sys; from florecon_build.codegen.build.toolchain import main; sys.argv[1:] = ['--yes']; raise SystemExit(main())"

engine: environment
	@$(PY) -m florecon_build.codegen.build.engine

check: lint site  ## formats, lints and types, in both languages; the site

lint: lint-python lint-rust

lint-python: environment
	@echo "==> ruff"; $(PY) -m ruff format --check . && $(PY) -m ruff check .
	@echo "==> generated names of the wire"; $(PY) -m scripts.generate_wire --check
	@echo "==> pyright (strict)"; $(PY) -m pyright --warnings

lint-rust: environment
	@echo "==> rustfmt and clippy"; $(PY) scripts/cargo.py fmt --all --check
	@$(PY) scripts/cargo.py fmt --check --manifest-path ../benchmarks/flowbench/Cargo.toml
	@$(PY) scripts/cargo.py fmt --check --manifest-path ../benchmarks/predecessor/Cargo.toml
	@$(PY) scripts/cargo.py clippy --locked --workspace --all-targets -- -D warnings
	@$(PY) scripts/cargo.py clippy --locked --manifest-path ../benchmarks/flowbench/Cargo.toml -- -D warnings

site: environment
	@echo "==> docs"; NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict

t: setup  ## the Python tests that match K: a path, or words of their names (make t K="net and cap")
	@$(PY) -m pytest -q $(if $(wildcard $(firstword $(subst ::, ,$(K)))),$(K),-k "$(K)")

quick: setup  ## formats, lints and the Python tests that compile nothing and take no time: under a minute
	@echo "==> ruff"; $(PY) -m ruff format --check . && $(PY) -m ruff check .
	@echo "==> pytest"; RUSTC=/nonexistent $(PY) -m pytest -q -n 2 -m "not cargo and not slow"

dist: setup  ## the sdist and the wheel, checked and tried, with a bill of materials, in dist/
	@$(PY) -m scripts.licenses
	@$(PY) -m scripts.dist

docs: setup  ## the site of docs/, served at localhost
	@$(PY) -m mkdocs serve

test-rust: environment  ## the runtime's own tests
	@echo "==> cargo test"; $(PY) scripts/cargo.py test --locked --workspace --quiet

test-python: setup  ## builder, generator, host, interpreter against wasm, examples
	@echo "==> pytest"; $(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

versions: setup  ## the Python tests that compile nothing, on every Python from 3.11 to 3.14 that is here
	@$(PY) -m scripts.versions

fuzz: setup  ## parsers of bytes from outside; oracle, files, interpreter, native, wasm and engine against each other, for SECONDS_TO_FUZZ; ties; then kill and interrupt writers of a store
	@$(PY) -m tests.fuzzing --seconds 240
	@$(PY) tests/frontend/closure/fuzz.py --seconds 60
	@$(PY) -m tests.oracle.fuzz --seconds 60
	@$(PY) -m tests.sources.fuzz --files $(FILES_TO_READ)
	@$(PY) -m tests.host.runtime.engine_fuzz --seconds 60
	@$(PY) tests/differential/fuzz.py --seconds $(SECONDS_TO_FUZZ)
	@FLORECON_TIES=$(TIES_TO_SETTLE) $(PY) scripts/cargo.py test --release --locked -p florecon-runtime --test mcf -- settles_ assigns_
	@$(PY) -m tests.host.decisions.book.histories --rounds $(ROUNDS_TO_KILL)
	@$(PY) -m tests.host.decisions.store.killing --rounds $(ROUNDS_TO_KILL)
	@$(PY) -m tests.host.decisions.book.killing --rounds $(ROUNDS_TO_KILL)
	@$(PY) -m tests.host.decisions.store.interrupting --stride $(PLACES_BETWEEN)

bench: setup  ## measure against the named peers; writes benchmarks/results.json
	@$(PY) -m pip install --quiet --require-hashes -r benchmarks/peers.lock || echo "measuring the peers that are installed"
	@$(PY) -m benchmarks.run
	@$(PY) -m benchmarks.author_loop --write
	@$(PY) -m benchmarks.engine --write
	@$(PY) -m benchmarks.first_report --write
	@$(PY) -m benchmarks.module_size --write

hooks: setup  ## check formats before each commit
	@$(PY) -m pre_commit install

lock: setup  ## refresh the lock files
	@$(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes --allow-unsafe --group dev pyproject.toml \
		-o requirements.lock --upgrade --quiet --custom-compile-command "make lock"
	@$(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes --constraint requirements.lock \
		benchmarks/peers.in -o benchmarks/peers.lock --upgrade --quiet --custom-compile-command "make lock"
	@$(PY) scripts/cargo.py update
	@$(PY) scripts/cargo.py update --manifest-path ../benchmarks/flowbench/Cargo.toml

clean:  ## remove everything that was made
	rm -rf .venv .cache
