#!/usr/bin/env python3
"""Speed beside llama.cpp: the same file, the same machine, one run, taking turns.

Each round runs our runner_benchmark, then llama-bench and llama-batched-bench (128 tokens in, 128 out, 1, 8 and 32
sequences; a prompt of 512), so that whatever else the machine does meets both. Prints a Markdown table of medians over
the rounds, with the floors that must hold. Exit code 1 when a ratio is below its floor.

usage: compare_llama.py --runner FILE --llama DIR --model FILE.gguf [--threads 2] [--rounds 5] [--prefix "chrt -f 10"]
  --runner   the binary of `bazel build //tests/model:runner_benchmark`
  --llama    llama.cpp's folder of binaries
  --prefix   put before every command of both, for example to keep other work off the processors
"""
import argparse
import json
import os
import re
import shlex
import statistics
import subprocess
import sys

FLOORS = {"decode of 1": 1.5, "decode of 8": 3.0, "decode of 32": 4.0, "prefill of 1 x 512": 3.0}


def run(prefix, command):
    done = subprocess.run(shlex.split(prefix) + command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"compare_llama.py: {command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def ours(args):
    """What the runner says of the machine, and tokens per second by key."""
    out = run(args.prefix, [args.runner, f"--model={args.model}", f"--threads={args.threads}", "--repeat=1"])
    rates = {}
    for line in out.splitlines():
        found = re.match(r"((?:prefill|decode) of [0-9x ]*[0-9])\s+([0-9.]+)\s", line)
        if found:
            rates[found[1]] = float(found[2])
    return out.split("\n\n")[0], rates


def theirs(args):
    rates = {}
    threads = str(args.threads)
    out = run(args.prefix, [os.path.join(args.llama, "llama-batched-bench"), "-m", args.model, "-c", "16384", "-b", "2048",
                            "-ub", "512", "-npp", "128", "-ntg", "128", "-npl", "1,8,32", "-t", threads])
    for line in out.splitlines():
        # | PP | TG | B | N_KV | T_PP s | S_PP t/s | T_TG s | S_TG t/s | T s | S t/s |
        cells = [c.strip() for c in line.split("|")[1:-1]]
        if len(cells) == 10 and cells[0] == "128":
            rates[f"prefill of {cells[2]} x 128"] = float(cells[5])
            rates[f"decode of {cells[2]}"] = float(cells[7])
    out = run(args.prefix, [os.path.join(args.llama, "llama-bench"), "-m", args.model, "-p", "512", "-n", "0", "-t", threads,
                            "-r", "1", "-o", "json"])
    rates["prefill of 1 x 512"] = json.loads(out)[0]["avg_ts"]
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--llama", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prefix", default="")
    args = parser.parse_args()

    us, them, machine = {}, {}, ""
    for i in range(args.rounds):
        machine, rates = ours(args)
        for key, value in rates.items():
            us.setdefault(key, []).append(value)
        for key, value in theirs(args).items():
            them.setdefault(key, []).append(value)
        print(f"round {i + 1} of {args.rounds}", file=sys.stderr)

    print(machine + f"; {args.rounds} rounds, medians, tokens/s\n")
    print("| | Baton | llama.cpp | ratio | least, most of the rounds | floor |")
    print("|---|---:|---:|---:|---:|---:|")
    failed = False
    for key in us:
        if key not in them:
            continue
        a, b = statistics.median(us[key]), statistics.median(them[key])
        each = [x / y for x, y in zip(us[key], them[key])]
        floor = FLOORS.get(key)
        failed = failed or (floor is not None and a / b < floor)
        print(f"| {key} | {a:.0f} | {b:.0f} | {a / b:.2f} | {min(each):.2f}, {max(each):.2f} | {floor or ''} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
