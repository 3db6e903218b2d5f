#!/bin/sh
# Prints the rustup toolchain that every command of the Makefile uses (as RUSTUP_TOOLCHAIN, so that it also holds outside
# of this folder): the one pinned in rust-toolchain.toml, installed if rustup may do that, else the default one.
# Prints nothing without rustup.
set -eu
cd "$(dirname "$0")/.."

command -v rustup >/dev/null 2>&1 || exit 0
pinned=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)

if RUSTUP_TOOLCHAIN=$pinned RUSTUP_AUTO_INSTALL=0 rustc --version >/dev/null 2>&1; then
  echo "$pinned"
  exit 0
fi
if [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ]; then
  echo "Installing Rust $pinned (rust-toolchain.toml)" >&2
  if rustup toolchain install "$pinned" --profile minimal --component rustfmt,clippy \
    --target wasm32-unknown-unknown >/dev/null 2>&1; then
    echo "$pinned"
    exit 0
  fi
fi
cd /
fallback=$(RUSTUP_AUTO_INSTALL=0 rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)
[ -z "$fallback" ] || echo "Rust $pinned is not installed; using $fallback" >&2
echo "$fallback"
