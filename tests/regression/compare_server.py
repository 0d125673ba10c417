#!/usr/bin/env python3
"""A served Baton beside llama-server: the same file, the same machine, one run, one server alive at a time, taking turns.

Each round starts every server afresh and sends it the same work: N requests at once, 128 tokens in, 128 out, greedy,
past end tokens; the rate is output tokens over the time from the first request to the end of the last, prompts
included. Then eight requests that share a prefix of 1,024 tokens nobody has computed yet, sent together: the time until
the last of them has its first token, as the client sees it. Prints a Markdown table of medians, with ratios and the
floors that must hold; exit code 1 when one does not.

usage: compare_server.py --baton FILE --model FILE.gguf [--llama DIR] [--q4_0 FILE.gguf] [--runner FILE] [--rounds 3]
  --baton    the binary of `bazel build //main:baton`
  --llama    llama.cpp's folder of binaries; without it only Baton and its runner are compared
  --q4_0     the same model in llama.cpp's fastest 4-bit format
  --runner   the binary of `bazel build //tests/model:runner_benchmark`: the rate without a server, measured right
             before and right after the served one, since a machine's speed drifts
"""
import argparse
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

IN, OUT, PREFIX, PREFIX_STREAMS = 128, 128, 1024, 8
STREAMS = (1, 8, 32)
FLOORS = {("Q4_1", 8): 3.0, ("Q4_1", 32): 4.0, ("Q4_0", 32): 2.0}
PREFIX_FLOOR, RUNNER_FLOOR = 15.0, 0.85


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def prompts(count, length, seed, prefix=()):
    rng = random.Random(seed)
    return [list(prefix) + [rng.randrange(300, 40000) for _ in range(length - len(prefix))] for _ in range(count)]


class Server:
    """A server process, up within its `with` block."""

    def __init__(self, command, ready):
        self.command, self.ready = command, ready

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        for _ in range(600):
            if self.process.poll() is not None:
                self.log.seek(0)
                sys.exit(f"{self.command[0]} ended:\n{self.log.read()[-2000:].decode(errors='replace')}")
            if self.ready():
                return self
            time.sleep(0.1)
        sys.exit(f"{self.command[0]} was not ready within 60 s")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Baton:
    def __init__(self, args):
        self.binary, self.model, self.port = args.baton, args.model, free_port()
        self.threads = args.threads

    def start(self):
        command = [self.binary, "serve", "--model", self.model, "--threads", str(self.threads),
                   "--listen", f"127.0.0.1:{self.port}"]
        return Server(command, lambda: subprocess.run(
            [self.binary, "generate", "--server", f"127.0.0.1:{self.port}", "--tokens", "300", "--max-tokens", "1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0)

    def run(self, work, out):
        """Requests at once, by one client process: (seconds, tokens, first-token seconds of each)."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("".join(",".join(map(str, p)) + "\n" for p in work))
            file.flush()
            start = time.monotonic()
            done = subprocess.run(
                [self.binary, "generate", "--server", f"127.0.0.1:{self.port}", "--token-file", file.name,
                 "--concurrency", str(len(work)), "--json", "--max-tokens", str(out), "--ignore-eos"],
                stdout=subprocess.PIPE, text=True, check=True)
            seconds = time.monotonic() - start
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        return (seconds, sum(a["usage"]["output_tokens"] for a in answers),
                [a["client"]["first_token_seconds"] for a in answers])


class Llama:
    def __init__(self, args, model, slots):
        self.binary, self.model, self.port = os.path.join(args.llama, "llama-server"), model, free_port()
        self.slots, self.threads = slots, args.threads

    def start(self):
        command = [self.binary, "-m", self.model, "-np", str(self.slots), "-c", "16384", "-t", str(self.threads),
                   "--port", str(self.port), "--no-webui"]
        return Server(command, self.ready)

    def ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def one(self, prompt, out, result):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        body = {"prompt": prompt, "n_predict": out, "temperature": 0, "ignore_eos": True, "stream": True,
                "cache_prompt": True}
        start = time.monotonic()
        connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        first = tokens = 0
        for line in response:
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if not first:
                first = time.monotonic() - start
            if event.get("stop"):
                tokens = event["tokens_predicted"]
        result.append((first, tokens))

    def run(self, work, out):
        results = []
        threads = [threading.Thread(target=self.one, args=(p, out, results)) for p in work]
        start = time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        seconds = time.monotonic() - start
        return seconds, sum(r[1] for r in results), [r[0] for r in results]


def runner_rate(args):
    """Output tokens per second of the same work without a server: 32 prompts, then 32 decodes."""
    out = subprocess.run([args.runner, f"--model={args.model}", f"--threads={args.threads}", "--repeat=1"],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    rate = {m[0]: float(m[1]) for m in re.findall(r"((?:prefill|decode) of [0-9x ]*[0-9])\s+([0-9.]+)\s", out)}
    return 1 / (1 / rate["prefill of 32 x 128"] * IN / OUT + 1 / rate["decode of 32"])


def main():
    parser = argparse.ArgumentParser()
    for name in ("baton", "model"):
        parser.add_argument("--" + name, required=True)
    for name in ("llama", "q4_0", "runner"):
        parser.add_argument("--" + name)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    rates, firsts, runner = {}, {}, []
    for round_ in range(args.rounds):
        servers = {"Baton": Baton(args)}
        if args.llama:
            servers["Q4_1"] = Llama(args, args.model, 32)
        if args.llama and args.q4_0:
            servers["Q4_0"] = Llama(args, args.q4_0, 32)
        for name, server in servers.items():
            with server.start():
                server.run(prompts(1, IN, 7), 4)
                for n in STREAMS:
                    beside = args.runner and name == "Baton" and n == STREAMS[-1]
                    before = runner_rate(args) if beside else 0
                    seconds, tokens, _ = server.run(prompts(n, IN, f"{round_} {n}"), OUT)
                    if beside:
                        runner.append((before + runner_rate(args)) / 2)
                    if tokens != n * OUT:
                        sys.exit(f"{name} gave {tokens} tokens at {n} streams, expected {n * OUT}")
                    rates.setdefault((name, n), []).append(tokens / seconds)
        if not args.llama:
            continue
        shared = prompts(1, PREFIX, f"prefix {round_}")[0]
        work = prompts(PREFIX_STREAMS, PREFIX + 16, f"tails {round_}", shared)
        for name, server in {"Baton": Baton(args), "Q4_1": Llama(args, args.model, PREFIX_STREAMS)}.items():
            with server.start():
                server.run(prompts(1, IN, 7), 4)
                firsts.setdefault(name, []).append(max(server.run(work, 4)[2]))

    ok = True
    median = statistics.median
    print(f"Output tokens per second, prompts included, medians of {args.rounds} rounds:\n")
    print("| streams | Baton | llama-server Q4_1 | ratio | llama-server Q4_0 | ratio |\n|---:|---:|---:|---:|---:|---:|")
    for n in STREAMS:
        cells = [str(n), f"{median(rates['Baton', n]):.0f}"]
        for peer in ("Q4_1", "Q4_0"):
            if (peer, n) not in rates:
                cells += ["", ""]
                continue
            ratio = median(a / b for a, b in zip(rates["Baton", n], rates[peer, n]))
            ok = ok and ratio >= FLOORS.get((peer, n), 0)
            cells += [f"{median(rates[peer, n]):.0f}", f"{ratio:.2f}"]
        print("| " + " | ".join(cells) + " |")
    if runner:
        share = median(a / b for a, b in zip(rates["Baton", 32], runner))
        ok = ok and share >= RUNNER_FLOOR
        print(f"\nThe same work by the model runner alone: {median(runner):.0f}; served at 32 streams: {share:.1%} of it "
              f"({', '.join(f'{a / b:.1%}' for a, b in zip(rates['Baton', 32], runner))}).")
    if not args.llama:
        sys.exit(0 if ok else "a floor does not hold")
    ratio = median(b / a for a, b in zip(firsts["Baton"], firsts["Q4_1"]))
    ok = ok and ratio >= PREFIX_FLOOR
    print(f"\nLast first token of {PREFIX_STREAMS} requests that share a cold prefix of {PREFIX} tokens: Baton "
          f"{median(firsts['Baton']):.3f} s, llama-server {median(firsts['Q4_1']):.2f} s, {ratio:.1f} times.")
    sys.exit(0 if ok else "a floor does not hold")


if __name__ == "__main__":
    main()
