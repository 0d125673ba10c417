#!/usr/bin/env python3
"""What the workers of `baton serve --trace DIR` did between their steps.

Prints, for each rank, how long it computed, how much of its time it waited for other ranks within steps and was idle
between steps while it had work, how much of that passed before the next plan was there, and a strip of the steps: each
column is a slice of time, "#" where it computed more than half of it. Gaps of more than --pause milliseconds are taken
for times without work.

usage: timeline.py DIR [--pause 50] [--columns 100] [--strip-ms 200] [--merge FILE]
  --merge   also write the timelines of all ranks into one file, for chrome://tracing or Perfetto
"""
import argparse
import json
import pathlib
import sys


def read(path):
    """The events of a file; one that a killed process left lacks its end."""
    text = path.read_text().rstrip()
    if not text.endswith("]"):
        text = text[: text.rfind("}") + 1] + "]"
    return json.loads(text)


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0


def summarise(name, steps, pause_us):
    waited = sum(s["args"]["wait_us"] for s in steps)
    busy = sum(s["dur"] for s in steps) - waited
    gaps = [s["args"] for s in steps[1:] if s["args"]["idle_us"] <= pause_us]
    idle = sum(g["idle_us"] for g in gaps)
    no_plan = sum(min(g["no_plan_us"], g["idle_us"]) for g in gaps)
    total = busy + waited + idle
    there = sum(g["no_plan_us"] == 0 for g in gaps)
    idles = [g["idle_us"] for g in gaps]
    print(f"| {name} | {len(steps)} | {busy / 1e3:.0f} | {waited / total:.2%} | {idle / total:.2%} | "
          f"{no_plan / total:.2%} | {there / max(1, len(gaps)):.0%} | {quantile(idles, 0.5):.0f} | "
          f"{quantile(idles, 0.99):.0f} |")


def strip(name, steps, start, column_us, columns):
    """`columns` slices of time from `start`."""
    busy = [0.0] * columns
    for s in steps:
        computing = 1 - s["args"]["wait_us"] / s["dur"]  # when it waited within the step is not known
        begin, end = s["ts"] - start, s["ts"] + s["dur"] - start
        for c in range(max(0, int(begin // column_us)), min(columns, int(end // column_us) + 1)):
            busy[c] += computing * max(0.0, min(end, (c + 1) * column_us) - max(begin, c * column_us))
    print(f"{name:>16} " + "".join("#" if b > column_us / 2 else "." for b in busy))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--pause", type=float, default=50)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--strip-ms", type=float, default=200)
    parser.add_argument("--merge", type=pathlib.Path)
    args = parser.parse_args()
    ranks, events = {}, []
    for path in sorted(args.dir.glob("*.json")):
        found = read(path)
        steps = [e for e in found if e["ph"] == "X"]
        if len(steps) > 1:
            ranks[f'{found[0]["args"]["name"]} ({found[0]["pid"]})'] = steps
        events += found
    if not ranks:
        sys.exit(f"{args.dir}: no timeline with steps in it")
    print("| rank | steps | computed, ms | waited for ranks | idle between steps | of that, no plan | plan was there | "
          "gap p50, us | p99 |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, steps in ranks.items():
        summarise(name, steps, args.pause * 1e3)
    middle = list(ranks.values())[0]
    start = middle[len(middle) // 2]["ts"]
    print(f"\n{args.strip_ms:g} ms from the middle:")
    for name, steps in ranks.items():
        strip(name, steps, start, args.strip_ms * 1e3 / args.columns, args.columns)
    if args.merge:
        args.merge.write_text(json.dumps(events))


if __name__ == "__main__":
    main()
