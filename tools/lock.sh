#!/bin/sh
# Turns requirements/*.in into requirements/*.txt: every package pinned, every file hashed, no address in any.
# Pins that are there stay; `make lock UPGRADE=1` takes the newest of all.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
upgrade=
[ -z "${UPGRADE:-}" ] || upgrade=--upgrade

lock() {
  name=$1; shift
  "$python" -m uv pip compile "requirements/$name.in" --output-file "requirements/$name.txt" --quiet \
    --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links $upgrade "$@"
}

lock bootstrap
lock run
lock test --constraint requirements/run.txt  # the tests run on what the server runs on
