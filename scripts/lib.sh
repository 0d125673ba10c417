# Sourced by the scripts beside it: where things are, and how to speak. Not run by itself.
# shellcheck shell=bash
# shellcheck disable=SC2034  # what is set here is used there

set -euo pipefail

REPO="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/baton"
MODEL="$CACHE/models/SmolLM2-135M-Instruct.Q4_1.gguf"

# Prints one line of progress to stderr.
say() { printf '%s\n' "$*" >&2; }

# Ends the script with one line that names it.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Runs a command whose output nobody wants unless it fails: then its last lines are shown. $1 says in words what it does.
quietly() {
  local what="$1" log rc=0
  shift
  log="$(mktemp)"
  "$@" </dev/null >"$log" 2>&1 || rc=$?
  if ((rc != 0)); then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "$what failed (exit code $rc): $*"
  fi
  rm -f "$log"
}

# Makes, once, a Python in a folder of its own, with pip: nothing is installed into the system's. Sets PYTHON.
need_python() {
  local venv="$CACHE/python"
  PYTHON="$venv/bin/python"
  if ! "$PYTHON" -m pip --version >/dev/null 2>&1; then
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || die "python3-venv is missing: run scripts/setup.sh"
    mkdir -p "$CACHE" || die "cannot make the folder $CACHE"
    rm -rf "$venv"
    quietly "making a Python environment in $venv" /usr/bin/python3 -m venv "$venv"
  fi
}

# Whether a Bazel server of this work tree runs. If not, a script that starts one stops it when it is done.
bazel_server_runs() {
  local out pid
  out="$(readlink "$REPO/bazel-out")" || return 1
  pid="$(cat "${out%/execroot/*}/server/server.pid.txt" 2>/dev/null)" || return 1
  kill -0 "$pid" 2>/dev/null
}
