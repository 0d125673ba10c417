#!/usr/bin/env bash
# The binary that is given to people: it needs nothing but glibc, no newer one than Debian 12's, and serves, answers and
# has reflection. The build only compiles what Debian has no archive of; everything else is the normal build's objects.
source "$(dirname "$0")/../../scripts/lib.sh"

readonly ALLOWED=(ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 libc.so.6 libm.so.6)
readonly GLIBC=2.36

work="$(mktemp -d)"
serve_pid=
clean_up() {
  [[ -z $serve_pid ]] || kill -TERM "$serve_pid" 2>/dev/null || true
  wait
  # bazel-bin holds the normal binary again.
  (cd "$REPO" && bazel build --noshow_progress --color=no //main:baton </dev/null >/dev/null 2>&1) || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

cd "$REPO"
quietly "building the release binary" bazel build --noshow_progress --color=no --config=release //main:baton
baton="$work/baton"
cp bazel-bin/main/baton "$baton"

needed="$(objdump -p "$baton" | sed -n 's/^ *NEEDED *//p')"
[[ -n $needed ]] || die "objdump shows no library at all"
for library in $needed; do
  [[ " ${ALLOWED[*]} " == *" $library "* ]] || die "the release binary needs $library; allowed are ${ALLOWED[*]}"
done
newest="$(objdump -T "$baton" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)"
[[ $(printf '%s\n' "$newest" "$GLIBC" | sort -V | tail -n 1) == "$GLIBC" ]] ||
  die "the release binary needs glibc $newest; expected at most $GLIBC"
[[ $(objdump -h "$baton") != *" .debug_info "* ]] || die "the release binary is not stripped"
echo "release binary: $(stat -c %s "$baton") bytes, needs ${needed//$'\n'/, } and glibc $newest"

"$baton" --version
touch "$work/out"
"$baton" serve --model "$MODEL" --listen 127.0.0.1:0 </dev/null >"$work/out" 2>"$work/log" &
serve_pid=$!
for _ in {1..400}; do
  address="$(sed -n 's/^ready: .*--server \([^ ]*\).*/\1/p' "$work/out")"
  [[ -z $address ]] || break
  kill -0 "$serve_pid" 2>/dev/null || die "baton serve did not start: $(tail -n 1 "$work/log")"
  sleep 0.05
done
[[ -n $address ]] || die "baton serve was not ready within 20 s: $(tail -n 1 "$work/log")"

readonly QUESTION="Why is the sky blue?"
timeout 60 "$baton" generate --server "$address" --chat --max-tokens 128 "$QUESTION" </dev/null >"$work/answer" ||
  die "the question was not answered"
need_python
quietly "installing the Python client's packages" "$PYTHON" -m pip install -q --disable-pip-version-check \
  -r tests/python/requirements.txt
timeout 60 "$PYTHON" tests/python/reflection_client.py "$address" "$QUESTION" \
  </dev/null >"$work/python" 2>"$work/err" || die "the client that uses reflection failed: $(tail -n 1 "$work/err")"
cmp "$work/answer" "$work/python" >&2 || die "the client that uses reflection had another answer: $(cat "$work/python")"
echo "ok"
