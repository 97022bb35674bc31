# Make the Python environment that ./run and ./test share. Sourced, not run; bash 3.2 is enough (macOS).
#
#   troth_environment run   the packages Troth needs
#   troth_environment dev   these and the development group
#
# Sets TROTH_PYTHON. A stamp in .venv (checksum of what was asked for) makes the second start skip everything.
# shellcheck shell=bash

troth_here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
troth_venv="$troth_here/.venv"
TROTH_PYTHON="$troth_venv/bin/python"

# Where this is set, each start would compile all of Troth anew, and the tests start it hundreds of times.
unset PYTHONDONTWRITEBYTECODE

troth_say() { printf '%s\n' "$*" >&2; }

troth_stop() {
  troth_say ""
  troth_say "Troth cannot start: $1"
  shift
  local line
  for line in "$@"; do [ -z "$line" ] || troth_say "  $line"; done
  exit 1
}

# The first Python on the PATH that is new enough and really starts (a version manager's shim may not).
troth_find_python() {
  local name found
  troth_seen=""
  for name in python3.13 python3.12 python3.11 python3.14 python3 python; do
    command -v "$name" >/dev/null 2>&1 || continue
    found=$("$name" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      troth_found=$name
      troth_found_version=$found
      return 0
    fi
    troth_seen="$troth_seen $name is $found;"
  done
  return 1
}

troth_has_uv() { command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; }

troth_wanted() {
  printf '%s %s ' "$1" "$troth_here"
  cat "$troth_here/pyproject.toml" "$troth_here/requirements.lock" 2>/dev/null | cksum
}

troth_stamped() {
  [ -x "$TROTH_PYTHON" ] && [ "$(cat "$troth_venv/troth-$1.stamp" 2>/dev/null)" = "$(troth_wanted "$1")" ]
}

troth_make_venv() {
  local log="$troth_here/.venv-making.log"
  [ -w "$troth_here" ] || troth_stop "its own folder cannot be written: $troth_here" \
    "The packages it needs go into .venv there. Copy the folder to a place of yours, or mend its rights."
  if [ -d "$troth_venv" ] && "$TROTH_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if troth_has_uv || "$TROTH_PYTHON" -m pip --version >/dev/null 2>&1; then return 0; fi
  fi
  rm -rf "$troth_venv"
  if troth_find_python; then
    troth_say "Making a Python environment in .venv ($troth_found is $troth_found_version) ..."
    if troth_has_uv; then
      uv venv --quiet --python "$("$troth_found" -c 'import sys; print(sys.executable)')" "$troth_venv" 2>"$log" && { rm -f "$log"; return 0; }
    elif "$troth_found" -m venv "$troth_venv" >"$log" 2>&1; then
      rm -f "$log"
      return 0
    fi
    tail -n 5 "$log" >&2
    rm -rf "$log" "$troth_venv"
    troth_stop "$troth_found could not make an environment in $troth_venv." \
      "On Debian and Ubuntu: apt install python3-venv" \
      "Or install uv, and run this again."
  fi
  if troth_has_uv; then
    troth_say "No Python 3.11 or newer here; uv fetches one into its own folder ..."
    uv venv --quiet --python 3.13 "$troth_venv" && return 0
  fi
  troth_seen=${troth_seen%;}
  troth_stop "it needs Python 3.11 or newer." "Found here:${troth_seen:- no Python that starts}." \
    "Debian, Ubuntu: apt install python3 python3-venv    macOS: brew install python@3.13    or install uv" \
    "Then run this again."
}

# The package names of one part of pyproject.toml, one per line.
troth_names() {
  "$TROTH_PYTHON" - "$1" "$troth_here/pyproject.toml" <<'PY'
import sys, tomllib
with open(sys.argv[2], "rb") as file:
    project = tomllib.load(file)
names = list(project["project"]["dependencies"])
if sys.argv[1] == "dev":
    names += project["dependency-groups"]["dev"]
print("\n".join(names))
PY
}

# One installing program or the other; wheels only, so that nothing ever asks for a compiler.
troth_install() {
  local line
  local -a names=()
  while IFS= read -r line; do names+=("$line"); done <"$troth_venv/troth-wanted.txt"
  if troth_has_uv; then
    uv pip install --python "$TROTH_PYTHON" --only-binary :all: --no-binary troth "$@" "${names[@]}" -e "$troth_here"
  else
    "$TROTH_PYTHON" -m pip install --disable-pip-version-check --no-input --progress-bar off --retries 2 \
      --only-binary :all: "$@" "${names[@]}" -e "$troth_here"
  fi
}

troth_shown() { # plain lines, one per package, from whatever the installing program prints
  tee -a "$troth_venv/troth-install.log" |
    sed -n -e 's/^Collecting \([^ (<>=!~;]*\).*/  fetching \1/p' -e 's#^Processing .*/\([^/]*\)-[^-]*-[^-]*-[^-]*\.whl#  fetching \1#p' \
      -e 's/^WARNING: Retrying.*/  no answer from the package server, trying again .../p' \
      -e 's/^Installing collected packages.*/  installing .../p' \
      -e 's/^ [+~] \(.*\)/  \1/p' -e 's/^Resolved/  found/p' -e 's/^Prepared/  fetched/p' -e 's/^Installed/  installed/p' >&2
}

troth_environment() {
  local part=$1 lock="$troth_here/requirements.lock" status
  local -a locked=()
  troth_stamped "$part" && return 0
  if [ "$part" = run ] && troth_stamped dev; then return 0; fi
  troth_make_venv
  [ -f "$lock" ] && locked=(-c "$lock")
  troth_names "$part" >"$troth_venv/troth-wanted.txt" || troth_stop "pyproject.toml cannot be read."
  troth_say "Installing $(grep -c . "$troth_venv/troth-wanted.txt") packages and what they need (once; about half a minute) ..."
  : >"$troth_venv/troth-install.log"
  troth_install ${locked[@]+"${locked[@]}"} 2>&1 | troth_shown
  status=${PIPESTATUS[0]}
  if [ "$status" -ne 0 ] && [ -f "$lock" ] && ! troth_cut_off; then
    troth_say "  that did not work with the locked versions; trying the newest ones ..."
    troth_install 2>&1 | troth_shown
    status=${PIPESTATUS[0]}
  fi
  [ "$status" -eq 0 ] || troth_failed
  troth_wanted "$part" >"$troth_venv/troth-$part.stamp"
}

troth_cut_off() { # whether the installing program could not reach anybody: other versions would not help
  grep -qiE 'name resolution|name or service not known|NewConnectionError|dns error|connection refused|network is unreachable' \
    "$troth_venv/troth-install.log"
}

troth_failed() {
  if troth_cut_off; then
    troth_stop "its packages could not be fetched: no package server can be reached (.venv/troth-install.log says more)." \
      "Look at the network connection, and run this again."
  fi
  tail -n 6 "$troth_venv/troth-install.log" >&2
  troth_stop "its packages could not be installed (the last lines stand above; all of them in .venv/troth-install.log)." \
    "Is there a network connection, and space on the disk?"
}
