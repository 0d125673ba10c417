#!/usr/bin/env bash
# Our declarations of NCCL against the real header, where there is one: in $CUDA_HOME or where CUDA's own installer
# puts it.
set -euo pipefail

include="${CUDA_HOME:-/usr/local/cuda}/include"
if [[ ! -e $include/nccl.h ]]; then
  echo "skipped: there is no nccl.h in $include"
  exit 0
fi
check() { "${CXX:-c++}" -std=c++17 -fsyntax-only "$@" -I. -isystem "$include" worker/comm/nccl_api_check.cc; }
check

# The check can fail: a value, a layout and a parameter that are not NCCL's are each found.
wrong="$TEST_TMPDIR/worker/comm"
mkdir -p "$wrong"
for header in nccl_api.h nccl_library.h; do
  sed 's/kRemoteError = 6/kRemoteError = 5/; s/int min_ctas = kUndefined/long min_ctas = 0/
    s/(void\* receive, size_t count/(void* receive, int count/' "worker/comm/$header" >"$wrong/$header"
done
if check -I "$TEST_TMPDIR" 2>"$TEST_TMPDIR/errors"; then
  echo "what is wrong was not found" >&2
  exit 1
fi
for found in ncclRemoteError minCTAs Recv; do
  grep -q "$found" "$TEST_TMPDIR/errors" || { echo "not found: $found" >&2; exit 1; }
done
