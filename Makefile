# Two commands: `make demo` and `make test`. Each does its own set-up.
SHELL := /bin/bash
PY := .venv/bin/python
# One cargo target directory for the runtime, its tests and everything the tests generate.
export CARGO_TARGET_DIR ?= $(CURDIR)/.cache/target
SECONDS_TO_FUZZ ?= 600
ROUNDS_TO_KILL ?= 200
TIES_TO_SETTLE ?= 2000

.PHONY: help demo test check test-python test-rust fuzz bench docs dist setup lock clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: setup  ## make a 50,000-line ledger, compile a strategy, reconcile, show the result
	@$(PY) examples/intercompany/run.py

test: check test-rust test-python  ## everything that CI runs

setup:
	@scripts/setup.sh
	@$(PY) -c "from florecon_build.codegen.build.toolchain import main; raise SystemExit(main())"

check: setup  ## formats, lints and types, in both languages
	@echo "==> ruff"; $(PY) -m ruff format --check . && $(PY) -m ruff check .
	@echo "==> pyright (strict)"; $(PY) -m pyright --warnings
	@echo "==> rustfmt and clippy"; $(PY) scripts/cargo.py fmt --all --check
	@$(PY) scripts/cargo.py clippy --locked --workspace --all-targets -- -D warnings
	@$(PY) scripts/cargo.py clippy --locked --manifest-path ../benchmarks/flowbench/Cargo.toml -- -D warnings
	@echo "==> docs"; NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict

dist: setup  ## the sdist and the wheel, checked and tried, with a bill of materials, in dist/
	@$(PY) -m scripts.licenses
	@$(PY) -m scripts.dist

docs: setup  ## the site of docs/, served at localhost
	@$(PY) -m mkdocs serve

test-rust: setup  ## the runtime's own tests
	@echo "==> cargo test"; $(PY) scripts/cargo.py test --locked --workspace --quiet

test-python: setup  ## builder, generator, host, interpreter against wasm, examples
	@echo "==> pytest"; $(PY) -m pytest -q -n 2 --dist loadfile

fuzz: setup  ## interpreter, native and wasm against each other, for SECONDS_TO_FUZZ; ties; then kill writers of a store
	@$(PY) tests/frontend/closure/fuzz.py --seconds 60
	@$(PY) tests/differential/fuzz.py --seconds $(SECONDS_TO_FUZZ)
	@FLORECON_TIES=$(TIES_TO_SETTLE) $(PY) scripts/cargo.py test --release --locked -p florecon-runtime --test mcf -- settles_ assigns_
	@$(PY) -m tests.host.decisions.store.killing --rounds $(ROUNDS_TO_KILL)

bench: setup  ## measure against the named peers; writes benchmarks/results.json
	@$(PY) -m pip install --quiet --require-hashes -r benchmarks/peers.lock || echo "measuring the peers that are installed"
	@$(PY) -m benchmarks.run
	@$(PY) -m benchmarks.author_loop --write

lock: setup  ## refresh the lock files
	@$(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes --allow-unsafe --group dev pyproject.toml \
		-o requirements.lock --upgrade --quiet --custom-compile-command "make lock"
	@$(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes --constraint requirements.lock \
		benchmarks/peers.in -o benchmarks/peers.lock --upgrade --quiet --custom-compile-command "make lock"
	@$(PY) scripts/cargo.py update
	@$(PY) scripts/cargo.py update --manifest-path ../benchmarks/flowbench/Cargo.toml

clean:  ## remove everything that was made
	rm -rf .venv .cache
