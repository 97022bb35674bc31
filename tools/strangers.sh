#!/usr/bin/env bash
# Make the environment of other people's checkers, .strangers: a Python of its own with nothing of Troth in it, and node-wot
# where there is npm.
# The tests in tests/strangers use it; without it they are skipped and say so.
set -eu
cd "$(dirname "$0")/.."

wanted="scitt-cose==0.5.0 tlog-scales==0.0.3 cddl-verifier==1.5.3"
wot="@node-wot/core@0.9.2 @node-wot/binding-http@0.9.2"
[ "$(cat .strangers/stamp 2>/dev/null)" = "$wanted $wot" ] && exit 0

# shellcheck source=tools/environment.sh
. tools/environment.sh
rm -rf .strangers
if troth_has_uv; then
  troth_find_python || true
  uv venv --quiet ${troth_found:+--python "$troth_found"} .strangers
  # shellcheck disable=SC2086 # a list of packages
  uv pip install --quiet --python .strangers/bin/python --only-binary :all: $wanted
else
  troth_find_python || troth_stop "no Python of 3.11 or newer for other people's checkers."
  "$troth_found" -m venv .strangers
  # shellcheck disable=SC2086
  .strangers/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: $wanted
fi
if command -v npm >/dev/null 2>&1; then
  mkdir -p .strangers/node
  # shellcheck disable=SC2086
  (cd .strangers/node && npm install --silent --no-audit --no-fund --ignore-scripts --no-package-lock $wot)
fi
printf '%s' "$wanted $wot" >.strangers/stamp
