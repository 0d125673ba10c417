#!/usr/bin/env python3
"""What serving must reach: its share of the model's own rate, and its lead where requests share a prefix.

1. The rate at 32 streams through gRPC beside that of the model runner alone, for the same prompts and decodes; the runner
   is measured right before and right after each served run, since a machine's speed drifts.
2. Eight requests that share a prefix of 1,024 tokens nobody has computed yet, sent together: the time until the last of
   them has its first token, beside llama-server's on the same file. Needs --llama.

Prints both and exits with 1 when a floor does not hold. `baton bench` does the asking.

usage: served_floors.py --baton BATON --model FILE.gguf --runner FILE [--llama DIR] [--rounds 3]
  --runner   the binary of `bazel build //tests/model:runner_benchmark`
  --llama    llama.cpp's folder of binaries
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from side_by_side import Running, Side

IN, OUT, STREAMS, PREFIX, PREFIX_STREAMS = 128, 128, 32, 1024, 8
RUNNER_FLOOR, PREFIX_FLOOR = 0.85, 15.0


def bench(args, running, streams, flags):
    """One closed loop of as many requests as streams: its result."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        command = [args.baton, "bench", *running.side.flags(running.port, prompt_cache=True), "--max-concurrency", str(streams),
                   "--num-prompts", str(streams), "--num-warmups", "2", "--token-ids", "1000:40000", "--temperature", "0",
                   "--ready-timeout", "60s", "--save-result", "--result-filename", path, *flags]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stdout}")
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def runner_rate(args):
    """Output tokens per second of the same work without a server: 32 prompts, then 32 decodes."""
    out = subprocess.run([args.runner, f"--model={args.model}", f"--threads={args.threads}", "--repeat=1"],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    rate = {m[0]: float(m[1]) for m in re.findall(r"((?:prefill|decode) of [0-9x ]*[0-9])\s+([0-9.]+)\s", out)}
    return 1 / (1 / rate["prefill of 32 x 128"] * IN / OUT + 1 / rate["decode of 32"])


def share_of_runner(args, baton, log):
    shares = []
    for round_ in range(args.rounds):
        with Running(baton, log) as running:
            before = runner_rate(args)
            result = bench(args, running, STREAMS, ["--random-input-len", str(IN), "--random-output-len", str(OUT), "--seed",
                                                    str(round_)])
            rate, alone = result["output_throughput"], (before + runner_rate(args)) / 2
        shares.append(rate / alone)
        print(f"served at {STREAMS} streams: {rate:.0f} tokens/s, {shares[-1]:.1%} of the runner's {alone:.0f}")
    return statistics.median(shares)


def last_first_token(args, side, round_, log):
    """Seconds until the last of the requests that share a cold prefix has its first token."""
    flags = ["--random-prefix-len", str(PREFIX), "--random-input-len", "16", "--random-output-len", "4", "--seed",
             str(round_)]
    with Running(side, log) as running:
        return bench(args, running, PREFIX_STREAMS, flags)["baton"]["metrics"]["ttft_ms"]["max"] / 1000


def lead_with_prefix(args, baton, log):
    ratios = []
    for round_ in range(args.rounds):
        ours = last_first_token(args, baton, round_, log)
        llama = Side(f"llama-server=llama:{args.llama}:{args.model}", args.threads, PREFIX_STREAMS)
        llama.context = 16384
        theirs = last_first_token(args, llama, round_, log)
        ratios.append(theirs / ours)
        print(f"last first token of {PREFIX_STREAMS} requests that share {PREFIX} cold tokens: {ours:.3f} s, llama-server "
              f"{theirs:.2f} s, {ratios[-1]:.1f} times")
    return statistics.median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("baton", "model", "runner"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--llama")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    baton = Side(f"Baton=baton:{args.baton}:{args.model}", args.threads, STREAMS)
    log = os.path.join(tempfile.mkdtemp(), "server.log")
    missed = []
    if share_of_runner(args, baton, log) < RUNNER_FLOOR:
        missed.append(f"less than {RUNNER_FLOOR:.0%} of the runner's rate")
    if args.llama and lead_with_prefix(args, baton, log) < PREFIX_FLOOR:
        missed.append(f"less than {PREFIX_FLOOR} times sooner than llama-server")
    sys.exit("; ".join(missed) if missed else 0)


if __name__ == "__main__":
    main()
