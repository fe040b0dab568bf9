#!/bin/sh
# Makes .venv hold what requirements/<name>.txt pins, and the project itself, editable.
#
#   tools/setup.sh run|test
#
# Needs a Python 3.11 or newer and nothing else. Does nothing where nothing changed since the last time. Every
# package is checked against its hash; where packages come from is the machine's business (pip's and uv's own
# settings), never this project's.
set -eu
cd "$(dirname "$0")/.."
name=${1:-run}
here=$(pwd -P)
python=.venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1

key_of() { cat requirements/bootstrap.txt "requirements/$1.txt" pyproject.toml tools/setup.sh | cksum; }
# An environment that was moved here calls its old place; one made by hand says nothing, and is taken as it is.
made_here() { [ ! -e .venv/.made-in ] || [ "$(cat .venv/.made-in)" = "$here" ]; }
ready() { [ -x "$python" ] && made_here && [ "$(cat ".venv/.ready-$1" 2>/dev/null)" = "$(key_of "$1")" ]; }
if ready "$name"; then exit 0; fi

say() { printf 'afluente: %s\n' "$*" >&2; }

# --- a Python: 3.11 by name first, then whatever calls itself python and is new enough
suits() { "$1" -c "import sys; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; }
can_make_venv() { suits "$1" && "$1" -c "import ensurepip, venv" >/dev/null 2>&1; }
find_python() {
  for test in can_make_venv suits; do
    for candidate in ${PYTHON:-} python3.11 /usr/bin/python3.11 /usr/local/bin/python3.11 \
      python3 python python3.12 python3.13 python3.14; do
      if $test "$candidate"; then echo "$candidate"; return 0; fi
    done
  done
  return 1
}

usable() { made_here && suits "$python" && "$python" -m pip --version >/dev/null 2>&1; }
if ! usable; then
  base=$(find_python) || { say "no Python 3.11 or newer found; name one with PYTHON=/path/to/python"; exit 1; }
  say "making .venv with $("$base" -c 'import platform; print("Python", platform.python_version())')"
  rm -rf .venv
  if can_make_venv "$base"; then
    "$base" -m venv .venv
  else  # a system Python without ensurepip: its own pip puts pip into the new environment
    "$base" -m venv --without-pip .venv
    "$base" -m pip --python "$python" install --quiet pip ||
      { say "this Python has neither ensurepip nor pip; install its venv package, or name another with PYTHON="; exit 1; }
  fi
fi
printf '%s\n' "$here" >.venv/.made-in
rm -f .venv/.ready-*

# --- uv is told what pip is told, and keeps its cache where it may write
export UV_INDEX_STRATEGY=unsafe-best-match  # safe: a file that is not the pinned one fails its hash
if [ -n "${PIP_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"; fi
if [ -n "${PIP_EXTRA_INDEX_URL:-}" ]; then export UV_INDEX="${UV_INDEX:-$PIP_EXTRA_INDEX_URL}"; fi
if [ -n "${PIP_FIND_LINKS:-}" ]; then
  export UV_FIND_LINKS="${UV_FIND_LINKS:-$(printf '%s' "$PIP_FIND_LINKS" | tr -s ' \n' ',')}"
fi
if [ -n "${PIP_NO_INDEX:-}" ]; then export UV_NO_INDEX="${UV_NO_INDEX:-1}"; fi
if [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"; fi
if [ -n "${PIP_DEFAULT_TIMEOUT:-}" ]; then export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-$PIP_DEFAULT_TIMEOUT}"; fi
if [ -z "${UV_CACHE_DIR:-}" ]; then
  cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}
  if [ -n "${HOME:-}${XDG_CACHE_HOME:-}" ] && mkdir -p "$cache/uv" 2>/dev/null && [ -w "$cache/uv" ]; then
    export UV_CACHE_DIR="$cache/uv"
  else
    export UV_CACHE_DIR="$here/.cache/uv"
  fi
fi

say "installing requirements/$name.txt"
"$python" -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
with_uv() {
  "$python" -m uv pip install --python "$python" --compile-bytecode --require-hashes -r "requirements/$name.txt" &&
    "$python" -m uv pip install --python "$python" --quiet --no-deps --no-build-isolation --editable .
}
with_pip() {
  "$python" -m pip install --require-hashes -r "requirements/$name.txt" &&
    "$python" -m pip install --quiet --no-deps --no-build-isolation --editable .
}
with_uv || { say "uv could not; trying pip"; with_pip; }

# Compiled now, the first start is as quick as the second.
"$python" -m compileall -q src || true

key_of "$name" >".venv/.ready-$name"
# What the tests need includes what the server needs, in the same versions.
if [ "$name" = test ]; then key_of run >.venv/.ready-run; fi
