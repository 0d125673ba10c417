#!/usr/bin/env bash
# What docs/benchmarking.md says about files is true: each of its jq lines works on the files of a run, as it stands
# there, and the page is well-formed XML. The server is a fake one.
set -euo pipefail

baton="$PWD/$1" server="$PWD/$2" document="$PWD/$3"
cd "$TEST_TMPDIR"
mkdir run
cd run

mkfifo stop
"$server" --first-token-ms 1 --gap-ms 1 <stop >address &
exec 3>stop  # closing it ends the server
for _ in {1..100}; do
  [[ -s address ]] && break
  sleep 0.1
done

"$baton" bench --server "$(<address)" --request-rate 200 --num-prompts 40 --random-input-len 8 --random-output-len 6 \
  --cancel-fraction 0.2 --save-result --result-filename result.json --save-requests requests.jsonl --html report.html
exec 3>&-
wait

xmllint --noout report.html

lines=0
while IFS= read -r line; do
  lines=$((lines + 1))
  output="$(bash -c "$line")" || { echo "fails: $line" >&2; exit 1; }
  [[ -n $output ]] || { echo "says nothing: $line" >&2; exit 1; }
done < <(grep '^jq ' "$document")
((lines >= 5)) || { echo "only $lines jq lines found in $document" >&2; exit 1; }
echo "$lines jq lines work"
