#!/usr/bin/env python3
"""Servers side by side under `baton bench`: one alive at a time, in turns (A B C, C B A, …), the same work for each.

Every round starts each server afresh, warms it up, and runs one closed loop for each number of streams, with prompts that
were never asked before. All must have made the same number of tokens. Then the first side is compared with each other by
`baton bench compare` (ratios of pairs, with intervals from five rounds on), as Markdown; the result files are kept, and
the first round's become one HTML report.

usage: side_by_side.py --bench BATON --side NAME=KIND:… --side NAME=KIND:… [--rounds 5] [--streams 1,8,32] [--out DIR]
  baton:BINARY:MODEL.gguf   `BINARY serve`, so that two builds can be compared
  llama:DIR:MODEL.gguf      DIR/llama-server, its prompt cache off
  vllm:VENV:MODEL_DIR       vLLM's OpenAI server, without prefix caching
"""
import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Side:
    """One server: how it is started, when it is up, and the flags of `baton bench` for it."""

    def __init__(self, spec, threads, slots):
        self.name, _, rest = spec.partition("=")
        parts = rest.split(":")
        if len(parts) != 3 or parts[0] not in ("baton", "llama", "vllm"):
            sys.exit(f"--side {spec}: expected NAME=baton:BINARY:MODEL, NAME=llama:DIR:MODEL or NAME=vllm:VENV:MODEL")
        self.kind, self.program, self.model = parts
        self.threads, self.slots = threads, slots
        self.context = 512 * slots  # llama-server's, of all its slots together
        self.slug = "".join(c if c.isalnum() else "-" for c in self.name.lower())

    def command(self, port):
        if self.kind == "baton":
            return [self.program, "serve", "--model", self.model, "--threads", str(self.threads), "--listen",
                    f"127.0.0.1:{port}"]
        if self.kind == "llama":
            return [os.path.join(self.program, "llama-server"), "-m", self.model, "-np", str(self.slots), "-c",
                    str(self.context), "-t", str(self.threads), "--port", str(port), "--no-webui"]
        # Not `vllm serve`, which the CPU build's package of another name does not start.
        return [os.path.join(self.program, "bin", "python"), "-m", "vllm.entrypoints.openai.api_server", "--model",
                self.model, "--port", str(port), "--dtype", "bfloat16", "--max-model-len", "2048",
                "--no-enable-prefix-caching"]

    def environment(self):
        cpus = f"0-{self.threads - 1}"
        return {**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "4", "VLLM_CPU_OMP_THREADS_BIND": cpus}

    def flags(self, port, prompt_cache=False):
        if self.kind == "baton":
            return ["--server", f"127.0.0.1:{port}"]
        flags = ["--backend", "openai", "--base-url", f"http://127.0.0.1:{port}"]
        return flags + (["--extra-body", json.dumps({"cache_prompt": prompt_cache})] if self.kind == "llama" else [])

    def ready(self, port):
        try:
            if self.kind == "baton":  # `baton bench` waits until it can run the model
                return subprocess.run([self.program, "status", "--server", f"127.0.0.1:{port}"], timeout=10,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError, subprocess.TimeoutExpired):
            return False


class Running:
    """The side's server, up within its `with` block."""

    def __init__(self, side, log_path):
        self.side, self.log_path, self.port = side, log_path, free_port()

    def __enter__(self):
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.side.command(self.port), stdout=log, stderr=log,
                                            env=self.side.environment(), start_new_session=True)
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_ready(self):
        for _ in range(3000):
            if self.process.poll() is not None:
                sys.exit(f"{self.side.name} ended as it started; see {self.log_path}")
            if self.side.ready(self.port):
                return
            time.sleep(0.1)
        sys.exit(f"{self.side.name} was not ready within 300 s; see {self.log_path}")

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the server and whatever it started: a process left over would slow down the next one."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait()


def bench(args, running, streams, round_, path):
    command = [args.bench, "bench", *running.side.flags(running.port), "--max-concurrency", str(streams), "--num-prompts",
               str(max(streams, args.least_prompts)), "--num-warmups", str(min(streams, 4)), "--random-input-len",
               str(args.input_len), "--random-output-len", str(args.output_len), "--token-ids", "1000:40000", "--seed",
               str(round_ * 1000 + streams), "--temperature", "0", "--ready-timeout", "60s", "--label", running.side.name, "--save-result",
               "--result-filename", path]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    wanted = max(streams, args.least_prompts) * args.output_len
    if result["total_output_tokens"] != wanted:
        sys.exit(f"{path}: {result['total_output_tokens']} tokens, expected {wanted}")
    if result["baton"]["cached_tokens"] != 0:
        sys.exit(f"{path}: {result['baton']['cached_tokens']} tokens came from a cache; no prompt is asked twice here")
    print(f"{os.path.basename(path)}: {result['output_throughput']:.1f} tok/s, median TTFT "
          f"{result['median_ttft_ms']:.0f} ms, TPOT {result['median_tpot_ms']:.1f} ms", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--side", action="append", required=True)
    parser.add_argument("--out", default="side-by-side")
    parser.add_argument("--streams", default="1,8,32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--input-len", type=int, default=128)
    parser.add_argument("--output-len", type=int, default=128)
    parser.add_argument("--least-prompts", type=int, default=4)
    parser.add_argument("--compare-only", action="store_true", help="the runs of --out, that were taken before")
    args = parser.parse_args()
    streams = [int(n) for n in args.streams.split(",")]
    sides = [Side(spec, args.threads, max(streams)) for spec in args.side]
    os.makedirs(args.out, exist_ok=True)

    def path(side, n, round_):
        return os.path.join(args.out, f"{side.slug}-{n}-{round_}.json")

    for round_ in range(0 if args.compare_only else args.rounds):
        for side in sides if round_ % 2 == 0 else reversed(sides):
            with Running(side, os.path.join(args.out, f"{side.slug}.log")) as running:
                for n in streams:
                    bench(args, running, n, round_, path(side, n, round_))

    for n in streams:
        for other in sides[1:]:
            print(f"\n{n} stream{'s' if n > 1 else ''}: ", end="")
            sys.stdout.flush()
            files = [[path(side, n, r) for r in range(args.rounds)] for side in (other, sides[0])]
            subprocess.run([args.bench, "bench", "compare", "--markdown", "--a-name", other.name, "--b-name", sides[0].name,
                            "--a", *files[0], "--b", *files[1]], check=True)
    subprocess.run([args.bench, "bench", "report", "--html", os.path.join(args.out, "report.html"),
                    *[path(side, n, 0) for side in sides for n in streams]], check=True)


if __name__ == "__main__":
    main()
