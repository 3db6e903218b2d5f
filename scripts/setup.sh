#!/usr/bin/env bash
# Make .venv from the lock file. Quiet and instant when it is already as the lock says.
# PYTHON names the interpreter; without it the newest tested one on the path is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
}

wanted=$(cat requirements.lock pyproject.toml scripts/setup.sh | cksum)${PYTHON:+ $PYTHON}
if [ -x .venv/bin/python ] && [ "$(cat .venv/.ready 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi

python=$(find_python)
if [ -z "$python" ]; then
  echo "florecon-build needs Python 3.11 or newer, and found none. On Debian or Ubuntu: apt-get install python3.11 python3.11-venv" >&2
  exit 1
fi
say "Making .venv with $("$python" --version) from requirements.lock (half a minute, once)"
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
  echo "$python has no venv module. On Debian or Ubuntu: apt-get install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2
  exit 1
fi
rm -rf .venv
"$python" -m venv .venv
pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)
# uv, as the lock pins it, installs the rest in parallel. pip does where uv does not reach the index that pip is set up for.
"${pip[@]}" --require-hashes -r <(sed -n '/^uv==/,/[^\\]$/p' requirements.lock)
uv=(.venv/bin/python -m uv pip install --quiet --python .venv/bin/python)
"${uv[@]}" --require-hashes -r requirements.lock || "${pip[@]}" --require-hashes -r requirements.lock
"${pip[@]}" --no-deps --no-build-isolation -e .
printf '%s\n' "$wanted" >.venv/.ready
say "Python is ready: $(.venv/bin/python --version), $(grep -c '^[a-z].*==' requirements.lock) locked packages"
