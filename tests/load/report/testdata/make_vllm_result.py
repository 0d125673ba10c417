"""Writes vllm_result.json: requests as a load tool saw them, and what vLLM's own calculate_metrics makes of them.

Needs vLLM (0.32 was used):  python make_vllm_result.py vllm_result.json
"""

import json
import random
import sys

from vllm.benchmarks import serve
from vllm.benchmarks.datasets import SampleRequest
from vllm.benchmarks.lib.endpoint_request_func import RequestFuncOutput

DURATION = 12.5
PERCENTILES = [1.0, 50.0, 90.0, 99.0, 99.9]
GOODPUT = {"ttft": 300.0, "tpot": 40.0}


def main():
    rng = random.Random(5)
    requests, inputs, outputs = [], [], []
    for i in range(60):
        sent_us = i * 150_000 + rng.randrange(50_000)
        failed = i % 17 == 9
        at, chunks = rng.randrange(20_000, 500_000), []
        for _ in range(1 if i % 13 == 4 else rng.randrange(2, 40)):
            chunks.append([at, rng.choice([1, 1, 1, 2, 4])])
            at += rng.randrange(2_000, 80_000)
        if failed:
            chunks = chunks[:1]
        tokens = sum(n for _, n in chunks)
        prompt = rng.randrange(5, 900)
        requests.append({"sent_us": sent_us, "chunks": chunks, "prompt_tokens": prompt, "failed": failed})
        output = RequestFuncOutput()
        output.start_time = 1000 + sent_us * 1e-6
        output.prompt_len = prompt
        output.success = not failed
        output.ttft = chunks[0][0] * 1e-6
        output.itl = [(b[0] - a[0]) * 1e-6 for a, b in zip(chunks, chunks[1:])]
        if not failed:
            output.latency = chunks[-1][0] * 1e-6
            output.output_tokens = tokens
            output.generated_text = "x" * tokens
        outputs.append(output)
        inputs.append(SampleRequest(prompt="p", prompt_len=prompt, expected_output_len=tokens))
    metrics, lens = serve.calculate_metrics(inputs, outputs, DURATION, None, PERCENTILES, GOODPUT)
    expected = {
        "completed": metrics.completed,
        "failed": metrics.failed,
        "total_input_tokens": metrics.total_input,
        "total_output_tokens": metrics.total_output,
        "request_throughput": metrics.request_throughput,
        "request_goodput": metrics.request_goodput,
        "output_throughput": metrics.output_throughput,
        "total_token_throughput": metrics.total_token_throughput,
        "max_output_tokens_per_s": metrics.max_output_tokens_per_s,
        "max_concurrent_requests": metrics.max_concurrent_requests,
        "output_lens": lens,
    }
    for name in ("ttft", "tpot", "itl", "e2el"):
        for kind in ("mean", "median", "std"):
            expected[f"{kind}_{name}_ms"] = getattr(metrics, f"{kind}_{name}_ms")
        for p, value in getattr(metrics, f"percentiles_{name}_ms"):
            expected[f"p{int(p) if int(p) == p else p}_{name}_ms"] = value
    result = {"duration": DURATION, "percentiles": PERCENTILES, "goodput": GOODPUT, "requests": requests, "expected": expected}
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # vLLM writes to the standard output as it is imported
        file.write(json.dumps(result) + "\n")


main()
