#!/usr/bin/env bash
# What a newcomer types first, as a test: the quick start answers, is quick the second time, leaves nothing behind, keeps
# its cluster when asked to, and a client in another language without generated code can use that cluster.
source "$(dirname "$0")/../../scripts/lib.sh"

work="$(mktemp -d)"
kept=
trap '[[ -z $kept ]] || kill -KILL "$kept" 2>/dev/null; rm -rf "$work"' EXIT

fail() {
  cat "$work/err" >&2
  die "$*"
}

# The processes that run this work tree's binary.
batons() {
  local exe
  for exe in /proc/[0-9]*/exe; do
    [[ $(readlink "$exe" 2>/dev/null) == "$(readlink -f "$REPO/bazel-bin/main/baton")"* ]] && basename "$(dirname "$exe")"
  done
  return 0
}

# What the quick start asks.
question() { sed -n 's/^> //p' "$work/err"; }

gone() {
  for _ in {1..30}; do
    [[ -n $(batons) ]] || return 0
    sleep 0.1
  done
  return 1
}

[[ -z $(batons) ]] || die "this work tree's baton is already running; stop it first"

SECONDS=0
"$REPO/scripts/quickstart.sh" >"$work/out" 2>"$work/err" </dev/null || fail "the quick start failed"
grep -qi "scatter" "$work/out" || fail "the answer does not speak of scattering: $(cat "$work/out")"
grep -Eq '^prompt [0-9]+ tokens, output [0-9]+ tokens, .* tok/s, .*tp 2' "$work/err" || fail "no line of figures"
gone || fail "the quick start left processes: $(batons)"
echo "quick start: $SECONDS s"

SECONDS=0
"$REPO/scripts/quickstart.sh" --keep >"$work/again" 2>"$work/err" </dev/null || fail "the second quick start failed"
echo "second quick start, --keep: $SECONDS s"
((SECONDS < 20)) || fail "the second quick start took $SECONDS s, expected less than 20"
cmp "$work/out" "$work/again" >&2 || fail "the same question had another answer: $(cat "$work/again")"
kept="$(sed -n 's/^The cluster is up at .*(process \([0-9]*\),.*/\1/p' "$work/err")"
address="$(sed -n 's/^The cluster is up at \([^ ]*\) .*/\1/p' "$work/err")"
kept_log="$(sed -n 's/^The cluster is up at .* log in \(.*\)\/log).*/\1/p' "$work/err")"
kill -0 "${kept:-none}" 2>/dev/null || fail "--keep kept nothing"

need_python
quietly "installing the Python client's packages" "$PYTHON" -m pip install -q --disable-pip-version-check \
  -r "$REPO/tests/python/requirements.txt"
timeout 120 "$PYTHON" "$REPO/tests/python/reflection_client.py" "$address" "$(question)" \
  >"$work/python" 2>"$work/err" </dev/null || fail "the Python client failed"
cmp "$work/out" "$work/python" >&2 || fail "the Python client had another answer: $(cat "$work/python")"
cat "$work/err"

kill -TERM "$kept"
gone || fail "the kept cluster left processes 3 s after SIGTERM: $(batons)"
kept=
rm -rf "$kept_log"

# A quick start that is killed takes its cluster with it.
"$REPO/scripts/quickstart.sh" "Count to a thousand." >"$work/out" 2>"$work/err" </dev/null &
quickstart=$!
for _ in {1..400}; do
  [[ ! -s $work/out ]] || break
  sleep 0.05
done
[[ -s $work/out ]] || fail "the third quick start answered nothing within 20 s"
kill -KILL "$quickstart"
wait "$quickstart" 2>/dev/null || true
gone || fail "a killed quick start left processes: $(batons)"
echo "ok"
