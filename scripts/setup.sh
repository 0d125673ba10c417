#!/usr/bin/env bash
# Installs the Debian 12 packages that Baton needs and that are missing: no others, nothing outside Debian, no CUDA.
# With nothing missing it does nothing, and needs neither root nor a network.
#
#   scripts/setup.sh          what building and running need
#   scripts/setup.sh --test   what the tests need, too
source "$(dirname "$0")/lib.sh"

packages=(
  # Bazel and the rules it asks for; it brings the JDK it runs on.
  bazel-bootstrap bazel-platforms bazel-rules-java bazel-rules-proto bazel-skylib
  # The compiler and the libraries that are included by name.
  g++ libabsl-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libgrpc++-dev libgrpc-dev libprotobuf-dev libprotoc-dev
  libspdlog-dev libssl-dev nlohmann-json3-dev protobuf-compiler protobuf-compiler-grpc
  # For fetch_model.sh: pip, in an environment of its own.
  ca-certificates python3-venv
)
test_packages=(
  # Layering checks, sanitizers, fuzzers, formatting, shell scripts, reports.
  clang clang-format-14 jq libclang-rt-14-dev libxml2-utils shellcheck
  libbenchmark-dev libboost-context-dev libcpp-httplib-dev libgmock-dev libgtest-dev
)

case "${1:-}" in
  "") ;;
  --test) packages+=("${test_packages[@]}") ;;
  *) die "unknown argument $1; expected nothing or --test" ;;
esac

missing=()
for package in "${packages[@]}"; do
  status="$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ $status == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  say "setup: all ${#packages[@]} Debian packages are installed"
  exit 0
fi

command -v apt-get >/dev/null || die "needs Debian 12 (apt-get); missing: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || die "packages are missing; as root, run: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)

say "setup: installing ${#missing[@]} of ${#packages[@]} Debian packages: ${missing[*]}"
# A source of somebody else's that fails is no reason to stop: the install tells.
"${apt[@]}" update </dev/null >/dev/null 2>&1 || say "setup: apt-get update failed; going on with the lists that are here"
quietly "installing packages" "${apt[@]}" install --no-install-recommends "${missing[@]}"
