#!/usr/bin/env bash
# Lints, types and tests the Python package; `nx run spark:python`. Installs what the job and the tools need, once.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD/../../..
python=$(node --conditions=@tidemark/source --import "$root/node_modules/tsx/dist/loader.mjs" "$root/apps/spark/src/main.ts" environment)
tools=$root/dist/spark-tools-$(cksum <requirements-dev.txt | cut -d' ' -f1)
if [ ! -e "$tools/complete" ]; then
  "$python" -m pip install --quiet --no-input --no-deps --target "$tools" -r requirements-dev.txt
  touch "$tools/complete"
fi
export PYTHONPATH=$tools
"$python" -m ruff check .
"$python" -m ruff format --check .
"$python" -m mypy
"$python" -m pytest
