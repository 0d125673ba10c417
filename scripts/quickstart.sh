#!/usr/bin/env bash
# From a bare Debian 12 to an answer: installs what is missing, builds Baton, fetches a small model, starts a router and
# two workers that hold half of the model each, asks a question over gRPC, shows the answer and stops everything.
#
#   scripts/quickstart.sh [--keep] [QUESTION]
#     --keep   leave the cluster up, and say what to try next
source "$(dirname "$0")/lib.sh"

keep=false
question="Why is the sky blue? Answer in a few sentences."
while (($# > 0)); do
  case "$1" in
    --keep) keep=true ;;
    -*) die "unknown flag $1; expected --keep" ;;
    *) question="$1" ;;
  esac
  shift
done

readonly BATON="$REPO/bazel-bin/main/baton"
serve_pid=
stop_bazel=false
run_dir="$(mktemp -d "${TMPDIR:-/tmp}/baton-quickstart.XXXXXX")"

# Stops what this script started, whatever the reason for its end.
clean_up() {
  trap - EXIT INT TERM HUP
  if [[ -n $serve_pid ]] && kill -TERM "$serve_pid" 2>/dev/null; then
    for _ in {1..50}; do
      kill -0 "$serve_pid" 2>/dev/null || break
      sleep 0.1
    done
    if kill -KILL "$serve_pid" 2>/dev/null; then say "quickstart.sh: baton serve did not stop within 5 s and was killed"; fi
    wait "$serve_pid" 2>/dev/null || true
  fi
  if $stop_bazel; then (cd "$REPO" && bazel shutdown >/dev/null 2>&1) || true; fi
  if [[ -n $run_dir ]]; then rm -rf "$run_dir"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

build() {
  local flags=()
  [[ -t 2 ]] || flags=(--noshow_progress --color=no "--ui_event_filters=-info,-debug")
  bazel_server_runs || stop_bazel=true
  say "quickstart: building baton (a few minutes the first time)"
  (cd "$REPO" && bazel build "${flags[@]}" --show_result=0 //main:baton </dev/null 1>&2) ||
    die "the build of //main:baton failed"
  if $stop_bazel; then
    (cd "$REPO" && bazel shutdown >/dev/null 2>&1) || true
    stop_bazel=false
  fi
}

# Starts the cluster and waits until it answers. Sets serve_pid and address.
start() {
  local port=0
  # The default port when people will go on with it: then no command needs --server.
  if $keep && ! (exec 3<>/dev/tcp/127.0.0.1/50051) 2>/dev/null; then port=50051; fi
  say "quickstart: starting a router and two workers (tp 2)"
  # A session of its own, so that ctrl-C reaches this script alone; and unless it is to stay, not even kill -9 of this
  # script leaves it behind.
  local wrapper=(setsid)
  touch "$run_dir/out" "$run_dir/log"
  $keep || wrapper+=(setpriv --pdeathsig TERM)
  "${wrapper[@]}" "$BATON" serve --model "$MODEL" --tp 2 --listen "127.0.0.1:$port" \
    </dev/null >"$run_dir/out" 2>"$run_dir/log" &
  serve_pid=$!
  for _ in {1..1200}; do
    address="$(sed -n 's/^ready: .*--server \([^ ]*\).*/\1/p' "$run_dir/out")"
    [[ -z $address ]] || return 0
    if ! kill -0 "$serve_pid" 2>/dev/null; then
      serve_pid=
      die "the cluster did not start: $(tail -n 1 "$run_dir/log")"
    fi
    sleep 0.05
  done
  tail -n 20 "$run_dir/log" >&2
  die "the cluster was not ready within 60 s"
}

"$REPO/scripts/setup.sh"
build
"$REPO/scripts/fetch_model.sh" >/dev/null
start
grep -v '^ready' "$run_dir/out" >&2 || true

say ""
say "> $question"
"$BATON" generate --server "$address" --chat --max-tokens 128 "$question" </dev/null ||
  die "the question was not answered (exit code $?)"

if $keep; then
  [[ $address == 127.0.0.1:50051 ]] && server="" || server=" --server $address"
  cat >&2 <<TEXT

The cluster is up at $address (process $serve_pid, log in $run_dir/log). Try:
  bazel-bin/main/baton chat$server              # a conversation
  bazel-bin/main/baton status$server --watch    # groups, ranks and their process ids: kill -9 one, it comes back
  bazel-bin/main/baton generate --help    # seeds, temperatures, stop strings, files of prompts, JSON
  kill $serve_pid    # stops all of it
TEXT
  serve_pid='' run_dir=''
fi
