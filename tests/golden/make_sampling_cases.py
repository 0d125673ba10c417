"""Writes sampling cases: logits, a journal and a rule, with the distribution that the rule leaves of the logits.

usage: make_sampling_cases.py OUT.txt          (data/sampling/cases.txt)
Needs: torch, transformers, numpy.

The expected values are computed in float64 by the LogitsProcessor classes of Hugging Face transformers: repetition
penalty, temperature, min-p, top-k, top-p, bad words, minimum of new tokens, and sequence bias for the logit bias.
Three things are vLLM's and have no class there; their formulas are written out below, from vLLM's source:
  allowed tokens              vllm/v1/sample/sampler.py, Sampler.apply_logits_processors (which also has the order)
  bad words                   vllm/v1/sample/ops/bad_words.py, _apply_bad_words_single_batch
  frequency and presence      vllm/model_executor/layers/utils.py, apply_penalties
Bad words: vLLM matches the output only, transformers the whole input, and transformers passes over a word as long as
its input and one. So transformers is given the output alone, and where even that differs, vLLM's formula counts. Its
result is compared with transformers' wherever the two mean the same.
Ties at the edge of top-p: transformers sorts ascending and so keeps the higher ids; we keep the lower ones. It is
given the row backwards, and torch's sort is made a stable one.

A case in which rounding to float32 could decide who is kept is drawn again: no probability is closer than a relative
1e-4 to min-p's or top-p's edge, except in the exact ties, which are so in any precision. Logits are multiples of 1/8.

Format, one item a line, words separated by one space; '#' begins a comment line. A rule's lines are absent where
they have no effect:
  case NAME                       begins a case
  logits FLOAT...                 the row, one for each token
  prompt ID...                    the journal: at least one token
  output ID...                    absent: none
  temperature, top_k, top_p, min_p, repetition_penalty, presence_penalty, frequency_penalty, min_tokens NUMBER
  bias ID:FLOAT...                ascending
  allowed ID...                   ascending
  stop ID...
  bad_word ID...                  a line for each
  expect ID:LOGPROB...            all tokens that are kept, ascending, and the natural logarithm of their probability
"""
import functools
import sys
import warnings

import numpy as np
import torch
from transformers.generation.logits_process import (
    MinNewTokensLengthLogitsProcessor, MinPLogitsWarper, NoBadWordsLogitsProcessor,
    RepetitionPenaltyLogitsProcessor, SequenceBiasLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
    TopPLogitsWarper)

NUMBERS = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
           "min_tokens")
MARGIN = 1e-4


class TooClose(Exception):
    pass


def run(processor, tokens, scores):
    return processor(torch.tensor([tokens], dtype=torch.long), scores.clone())


def allow(scores, allowed):
    mask = torch.ones_like(scores, dtype=torch.bool)
    mask[0, allowed] = False
    return scores.masked_fill(mask, -torch.inf)


def forbid_by_vllm(scores, words, past):
    scores = scores.clone()
    for word in words:
        if len(word) > len(past) + 1:
            continue
        if past[len(past) - (len(word) - 1):] == word[:-1]:
            scores[0, word[-1]] = -torch.inf
    return scores


def forbid(scores, words, prompt, output):
    ours = forbid_by_vllm(scores, words, output)
    if output and all(len(word) <= len(output) for word in words):
        processor = NoBadWordsLogitsProcessor(words, eos_token_id=scores.shape[1])
        assert torch.equal(ours, run(processor, output, scores))
    return ours


def penalise(scores, output, frequency, presence):
    counts = torch.bincount(torch.tensor(output, dtype=torch.long), minlength=scores.shape[1])
    scores = scores - frequency * counts
    return scores - presence * (counts > 0)


def min_p(scores, p):
    probabilities = scores.softmax(-1)[0]
    edge = p * probabilities.max()
    near = (probabilities / edge - 1).abs() < MARGIN
    if p < 1 and near.any():
        raise TooClose
    return MinPLogitsWarper(p)(None, scores)


def top_p(scores, p):
    sort, torch.sort = torch.sort, functools.partial(torch.sort, stable=True)
    backwards = TopPLogitsWarper(p)(None, scores.flip(-1)).flip(-1)
    torch.sort = sort
    descending = scores.softmax(-1)[0].sort(descending=True).values
    if ((descending.cumsum(-1) / p - 1).abs() < MARGIN).any():
        raise TooClose
    return backwards


def expected(case):
    rule = lambda name: case.get(name)
    prompt, output = case["prompt"], case.get("output", [])
    scores = torch.tensor([case["logits"]], dtype=torch.float64)
    if rule("allowed"):
        scores = allow(scores, case["allowed"])
    if rule("bad_words"):
        scores = forbid(scores, case["bad_words"], prompt, output)
    if rule("min_tokens") and rule("stop"):
        processor = MinNewTokensLengthLogitsProcessor(len(prompt), case["min_tokens"], case["stop"])
        scores = run(processor, prompt + output, scores)
    if rule("bias"):
        processor = SequenceBiasLogitsProcessor([[[id], value] for id, value in case["bias"]])
        scores = run(processor, prompt + output, scores)
    if rule("repetition_penalty"):
        scores = run(RepetitionPenaltyLogitsProcessor(case["repetition_penalty"]), prompt + output, scores)
    scores = penalise(scores, output, case.get("frequency_penalty", 0), case.get("presence_penalty", 0))
    if rule("temperature"):
        scores = TemperatureLogitsWarper(case["temperature"])(None, scores)
    if rule("min_p"):
        scores = min_p(scores, case["min_p"])
    if rule("top_k"):
        scores = TopKLogitsWarper(case["top_k"])(None, scores)
    if rule("top_p"):
        scores = top_p(scores, case["top_p"])
    assert scores.dtype == torch.float64 and not scores.isnan().any()
    logprobs = scores.log_softmax(-1)[0]
    return [(i, float(value)) for i, value in enumerate(logprobs) if value > -torch.inf]


class Draw:
    """Random parts of cases."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def logits(self, vocab, spread, step=8):
        return (np.rint(self.rng.normal(0, spread, vocab) * step) / step).tolist()

    def ids(self, vocab, low, high):
        return self.rng.integers(0, vocab, self.rng.integers(low, high + 1)).tolist()

    def some(self, vocab, low, high):
        return sorted(self.rng.choice(vocab, self.rng.integers(low, high + 1), replace=False).tolist())

    def f32(self, low, high):
        """A float32, so that both sides compute with the same number."""
        return float(np.float32(round(self.rng.uniform(low, high), 3)))

    def base(self, step=8):
        vocab = int(self.rng.integers(50, 62))
        narrow = max(4, vocab // 4)  # journals repeat tokens
        return {"logits": self.logits(vocab, self.rng.uniform(1, 4), step), "prompt": self.ids(narrow, 1, 12),
                "output": self.ids(narrow, 0, 14), "temperature": 1.0}

    def bad_words(self, case):
        vocab, output, words = len(case["logits"]), case["output"], []
        for length in range(1, 5):
            word = self.ids(vocab, length, length)
            if 1 < length <= len(output) + 1 and self.rng.random() < 0.7:
                word[:-1] = output[len(output) - (length - 1):]  # matches
            words.append(word)
        before = case["prompt"][-1]
        return words + [[before, int(self.rng.integers(vocab))]]  # matches the end of the prompt, which does not count

    def apply(self, name, case):
        vocab, rng = len(case["logits"]), self.rng
        if name == "allowed":
            case["allowed"] = self.some(vocab, 1, vocab // 2)
        elif name == "bad_words":
            case["bad_words"] = self.bad_words(case)
        elif name == "min_tokens":
            case["min_tokens"] = max(1, len(case["output"]) + int(rng.integers(-1, 2)))
            case["stop"] = self.some(vocab, 1, 4)
        elif name == "bias":
            case["bias"] = [(i, self.f32(-20, 20)) for i in self.some(vocab, 1, 6)]
        elif name == "repetition":
            case["repetition_penalty"] = self.f32(0.5, 2)
        elif name == "frequency":
            case["frequency_penalty"] = self.f32(-2, 2)
        elif name == "presence":
            case["presence_penalty"] = self.f32(-2, 2)
        elif name == "temperature":
            case["temperature"] = self.f32(0.1, 2)
        elif name == "min_p":
            case["min_p"] = self.f32(0.001, 0.5)
        elif name == "top_k":
            case["top_k"] = int(rng.integers(1, vocab + 10))
        elif name == "top_p":
            case["top_p"] = self.f32(0.05, 0.99)


STEPS = ("allowed", "bad_words", "min_tokens", "bias", "repetition", "frequency", "presence", "temperature", "min_p",
         "top_k", "top_p")


def single(draw, step, number):
    case = draw.base()
    draw.apply(step, case)
    case["name"] = f"{step}_{number}"
    return case


def pair(draw, first, second):
    case = draw.base()
    draw.apply(first, case)
    draw.apply(second, case)
    case["name"] = f"{first}_then_{second}"
    return case


def combination(draw, number):
    case = draw.base()
    for step in STEPS:
        if draw.rng.random() < 0.6:
            draw.apply(step, case)
    case["name"] = f"combination_{number}"
    return case


def ties(draw, number):
    """Logits on a coarse grid, so that the k-th largest has equals; top-p's edge falls among equals too."""
    case = draw.base(step=1)
    case["top_k"] = int(draw.rng.integers(1, 12))
    if number % 2:
        case["top_p"] = draw.f32(0.05, 0.95)
    if number % 3 == 0:
        case["min_p"] = draw.f32(0.01, 0.2)
    case["name"] = f"ties_{number}"
    return case


def by_hand():
    """Cases in which a step at its edge does, or does not, what is written out here: (case, kept)."""
    row = [float(i % 7) for i in range(50)]
    everything = list(range(50))
    without = lambda *ids: [i for i in everything if i not in ids]
    case = lambda **more: {"logits": row, "prompt": [1, 2, 3], "temperature": 1.0, **more}
    return {
        "bad_word_ends_in_prompt": (case(bad_words=[[3, 9]]), everything),
        "bad_word_over_the_border": (case(output=[4], bad_words=[[3, 4, 9]]), everything),
        "bad_word_as_long_as_output_and_one": (case(output=[4, 5], bad_words=[[4, 5, 9]]), without(9)),
        "bad_word_longer": (case(output=[4, 5], bad_words=[[3, 4, 5, 9]]), everything),
        "bad_word_of_one": (case(bad_words=[[9], [11]]), without(9, 11)),
        "bad_word_not_at_the_end": (case(output=[4, 5, 6], bad_words=[[4, 5, 9]]), everything),
        "min_tokens_one_short": (case(output=[4, 5], min_tokens=3, stop=[0, 7]), without(0, 7)),
        "min_tokens_reached": (case(output=[4, 5, 6], min_tokens=3, stop=[0, 7]), everything),
        "min_tokens_counts_no_prompt": (case(min_tokens=3, stop=[6]), without(6)),
        "allowed_and_banned": (case(allowed=[3, 9, 20], bad_words=[[9]]), [3, 20]),
        "bias_does_not_lift_a_ban": (case(bad_words=[[9]], bias=[(9, 100.0)]), without(9)),
        "bias_does_not_allow": (case(allowed=[3, 20], bias=[(9, 100.0)]), [3, 20]),
        "top_k_is_vocab": (case(top_k=50), everything),
        "top_k_beyond_vocab": (case(top_k=1000), everything),
        "top_k_1_of_seven_equals": (case(top_k=1), list(range(6, 50, 7))),
        "top_k_of_fewer_allowed": (case(allowed=[3, 20], top_k=5), [3, 20]),
        "tiny_top_p_of_equals": (case(top_p=float(np.float32(1e-6))), [6]),
        "min_p_1_of_equals": (case(min_p=1.0), list(range(6, 50, 7))),
        "min_p_after_allowed": (case(allowed=[0, 1], min_p=float(np.float32(0.3))), [0, 1]),
    }


def line(name, values):
    return " ".join([name, *values]) + "\n"


def text_of(case):
    number = lambda value: f"{value:.9g}"
    pairs = lambda values: [f"{i}:{number(value)}" for i, value in values]
    out = line("case", [case["name"]]) + line("logits", map(number, case["logits"]))
    for name in ("prompt", "output", "allowed", "stop"):
        if case.get(name):
            out += line(name, map(str, case[name]))
    for name in NUMBERS:
        if name in case:
            out += line(name, [number(case[name])])
    if "bias" in case:
        out += line("bias", pairs(case["bias"]))
    for word in case.get("bad_words", []):
        out += line("bad_word", map(str, word))
    return out + line("expect", [f"{i}:{value:.6f}" for i, value in case["expect"]])


def settle(make):
    """Draws until rounding decides nothing and something is left."""
    while True:
        case = make()
        try:
            case["expect"] = expected(case)
        except TooClose:
            continue
        if case["expect"]:
            return case


def make_cases(draw):
    for step in STEPS:
        for number in range(6):
            yield settle(lambda: single(draw, step, number))
    for i, first in enumerate(STEPS):
        for second in STEPS[i + 1:]:
            yield settle(lambda: pair(draw, first, second))
    for number in range(40):
        yield settle(lambda: combination(draw, number))
    for number in range(16):
        yield settle(lambda: ties(draw, number))
    for name, (case, kept) in by_hand().items():
        case = {**case, "name": name, "expect": expected(case)}
        assert [i for i, _ in case["expect"]] == kept, name
        yield case


def main():
    warnings.filterwarnings("ignore")
    cases = list(make_cases(Draw(20250)))
    with open(sys.argv[1], "w") as file:
        file.write("# Written by make_sampling_cases.py, which describes the format.\n")
        file.writelines(map(text_of, cases))
    print(f"{sys.argv[1]}: {len(cases)} cases")


main()
