"""Writes golden values: what Hugging Face transformers computes for the weights of GGUF models.

The weights are dequantised to float32 (package gguf), attention is the eager one, all arithmetic float32 on the CPU.
Neither transformers' GGUF loader nor its tokenizer conversion is used, so nothing but the mathematics is taken from it.

usage: make_golden.py MODEL.gguf OUT.txt [--check]       prompts are texts, below
       make_golden.py TINY.gguf OUT.txt --random         prompts are random tokens, for models without sense
--check also computes in float64 and prints the largest difference of any logit: the noise of the values.
Needs: torch, transformers, gguf, tokenizers, numpy. The tiny models come from
  bazel run //tests/golden:write_golden_models -- FOLDER

Format, one item a line, words separated by one space; '#' begins a comment line:
  digest HEX                       GgufFile::Digest() of the model
  case NAME                        begins a case
  text ESCAPED                     the prompt as text, C-escaped; absent with --random
  prompt ID...                     the prompt's tokens
  continuation ID...               greedy decoding's tokens, end tokens not heeded
  margins FLOAT...                 for each of them, largest logit minus second largest, to 4 digits
  position P LOGSUMEXP ID:LOGIT... the 32 largest logits after reading prompt + continuation up to and including
                                   position P, to 6 digits
"""
import argparse
import hashlib
import random
import struct

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

CONTINUATION = 64
TOP = 32
EVERY = 4  # one in so many continuation positions is stored


def chat(*turns, system="You are a helpful AI assistant named SmolLM, trained by Hugging Face"):
    text = f"<|im_start|>system\n{system}<|im_end|>\n"
    for i, turn in enumerate(turns):
        text += f"<|im_start|>{('user', 'assistant')[i % 2]}\n{turn}<|im_end|>\n"
    return text + "<|im_start|>assistant\n"


STORY = (
    "The lighthouse keeper counted the ships every evening. There were seven on Monday, four on Tuesday and none at "
    "all on Wednesday, because of the storm. He wrote the numbers down in a green notebook that had belonged to his "
    "father, who had also been a lighthouse keeper, and who had counted ships for forty-one years without once "
    "missing an evening. ")

PROMPTS = {
    "one_token": "The",
    "one_special": "<|im_start|>",
    "two_words": "Once upon",
    "capital": "The capital of France is",
    "science": "Photosynthesis is the process by which plants",
    "story": "Once upon a time, in a small village by the sea, there lived an old fisherman who",
    "quote": "\"I don't think so,\" she said, \"but we'll see what he's got to say about it.\"",
    "list": "Here are five tips for better sleep:\n\n1. Keep a regular schedule.\n2.",
    "digits": "3.14159265358979323846264338327950288419716939937510",
    "arithmetic": "12 + 30 = 42\n17 + 25 = 42\n123 + 456 = 579\n1000 - 1 =",
    "dates": "2023-12-29, 2023-12-30, 2023-12-31, 2024-01-01,",
    "python": "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n    if n < 2:\n        return n\n    ",
    "cpp": "#include <vector>\n\nint Sum(const std::vector<int>& values) {\n  int sum = 0;\n  for (int v : values) {\n",
    "json": "{\"name\": \"Ada\", \"born\": 1815, \"fields\": [\"mathematics\", \"computing\"], \"alive\":",
    "html": "<!DOCTYPE html>\n<html>\n<head>\n\t<title>Hello</title>\n</head>\n<body>\n\t<h1>",
    "german": "Die Katze saß auf der Fensterbank und schaute hinaus in den Regen. Plötzlich",
    "french": "Il était une fois, dans une forêt lointaine, une petite fille qui s'appelait",
    "chinese": "今天天气很好,我们去公园",
    "russian": "Москва является столицей",
    "arabic": "مرحبا بالعالم",
    "emoji": "I love pizza 🍕🍕 and 👩‍👩‍👧‍👦 dinners!!! 😀",
    "spaces": "a  b   c\n\n\n    d\t\te  \n",
    "repeats": "ha" * 40,
    "chat_short": chat("Hi!"),
    "chat_question": chat("What is the tallest mountain in the world, and how tall is it?"),
    "chat_turns": chat("Name a colour.", "Blue.", "Another one, please.", "Green.", "Which did you name first?"),
    "chat_system": chat("Write a haiku about autumn.", system="You are a poet. Answer in verse only."),
    "long_story": STORY * 4 + "On Thursday",
    "long_chat": chat("Summarise this text in one sentence:\n\n" + STORY * 2),
}


def read_fields(reader):
    return {name: field.contents() for name, field in reader.fields.items()}


def digest(path, reader):
    """GgufFile::Digest(): header, file size, and up to 4096 bytes of each tensor."""
    field = reader.tensors[-1].field
    header_size = field.offset + sum(part.nbytes for part in field.parts)
    data = np.memmap(path, mode="r")
    sha = hashlib.sha256(data[:header_size].tobytes())
    sha.update(struct.pack("<Q", len(data)))
    for tensor in reader.tensors:
        sha.update(data[tensor.data_offset:tensor.data_offset + min(4096, tensor.n_bytes)].tobytes())
    return sha.hexdigest()


def make_config(fields):
    get = lambda key, default=None: fields.get("llama." + key, default)
    heads = get("attention.head_count")
    rope = {"rope_type": "default", "rope_theta": get("rope.freq_base", 10000.0)}
    if get("rope.scaling.type", "none") == "linear":
        rope.update(rope_type="linear", factor=get("rope.scaling.factor"))
    return LlamaConfig(
        vocab_size=len(fields["tokenizer.ggml.tokens"]),
        hidden_size=get("embedding_length"),
        intermediate_size=get("feed_forward_length"),
        num_hidden_layers=get("block_count"),
        num_attention_heads=heads,
        num_key_value_heads=get("attention.head_count_kv", heads),
        head_dim=get("attention.key_length", get("embedding_length") // heads),
        max_position_embeddings=get("context_length"),
        rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
        rope_parameters=rope,
        attn_implementation="eager",
        dtype=torch.float32,
    )


NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def half_split(weight, heads):
    """Rows of Q or K from the order in which rope turns (2i, 2i + 1), GGUF's, to (i, i + d / 2), transformers'."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def load_model(reader, fields):
    config = make_config(fields)
    state = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        weight = weight.reshape([int(n) for n in reversed(tensor.shape)])
        parts = tensor.name.split(".")
        if parts[0] != "blk":
            name = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}[parts[0]]
        else:
            name = f"model.layers.{parts[1]}.{NAMES[parts[2]]}"
            if parts[2] == "attn_q":
                weight = half_split(weight, config.num_attention_heads)
            if parts[2] == "attn_k":
                weight = half_split(weight, config.num_key_value_heads)
        state[name + ".weight"] = torch.from_numpy(np.array(weight))
    state.setdefault("lm_head.weight", state["model.embed_tokens.weight"])
    model = LlamaForCausalLM(config)
    model.load_state_dict(state, strict=True)
    return model.float().eval()


def load_tokenizer(fields):
    """SmolLM2's: each digit on its own, then GPT-2's byte-level BPE. The file only names it ("smollm")."""
    assert fields["tokenizer.ggml.model"] == "gpt2" and fields["tokenizer.ggml.pre"] == "smollm"
    tokens = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, fields["tokenizer.ggml.token_type"]) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def random_prompts(vocab, count=8):
    lengths = [1, 2, 7, 31, 32, 33, 100, 150][:count]
    rng = random.Random(7)
    return {f"random_{n}": (None, [rng.randrange(vocab) for _ in range(n)]) for n in lengths}


@torch.no_grad()
def continue_greedily(model, prompt):
    ids, past, tokens = torch.tensor([prompt]), None, []
    for _ in range(CONTINUATION):
        out = model(ids, past_key_values=past, use_cache=True)
        past = out.past_key_values
        tokens.append(int(out.logits[0, -1].argmax()))
        ids = torch.tensor([[tokens[-1]]])
    return tokens


def escape(text):
    for char, code in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(char, code)
    return text


def positions(prompt_length, total):
    """Three inside the prompt, its last, and one in EVERY of the continuation."""
    inside = {0, prompt_length // 3, 2 * prompt_length // 3}
    return sorted(inside | set(range(prompt_length - 1, total, EVERY)))


@torch.no_grad()
def write_case(out, model, name, text, prompt):
    continuation = continue_greedily(model, prompt)
    logits = model(torch.tensor([prompt + continuation]), use_cache=False).logits[0]
    top = logits.topk(TOP)
    margins = (top.values[:, 0] - top.values[:, 1])[len(prompt) - 1:-1]
    if top.indices[len(prompt) - 1:-1, 0].tolist() != continuation:
        raise SystemExit(f"{name}: one pass and step by step disagree: a margin is within float32's noise")
    out.write(f"case {name}\n")
    if text is not None:
        out.write(f"text {escape(text)}\n")
    words = lambda values, form: " ".join(form % value for value in values)
    out.write(f"prompt {words(prompt, '%d')}\n")
    out.write(f"continuation {words(continuation, '%d')}\n")
    out.write(f"margins {words(margins.tolist(), '%.4g')}\n")
    sums = torch.logsumexp(logits.double(), -1)
    for p in positions(len(prompt), len(logits)):
        pairs = zip(top.indices[p].tolist(), top.values[p].tolist())
        out.write(f"position {p} {sums[p].item():.8g} " + " ".join(f"{i}:{v:.6g}" for i, v in pairs) + "\n")
    return prompt + continuation, logits, margins.min().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    reader = GGUFReader(args.model)
    fields = read_fields(reader)
    model = load_model(reader, fields)
    tokenizer = load_tokenizer(fields)
    if args.random:
        prompts = random_prompts(model.config.vocab_size)
    else:
        prompts = {name: (text, tokenizer.encode(text).ids) for name, text in PROMPTS.items()}
    results = []
    with open(args.out, "w", encoding="utf-8") as out:
        out.write("# Written by make_golden.py, which describes the format.\n")
        out.write(f"digest {digest(args.model, reader)}\n")
        for name, (text, prompt) in prompts.items():
            results.append(write_case(out, model, name, text, prompt))
            print(f"{name}: {len(prompt)} tokens, smallest margin {results[-1][2]:.3g}, std of logits "
                  f"{results[-1][1].std(-1).mean().item():.3g}, {len(set(results[-1][0][-CONTINUATION:]))} distinct: "
                  f"{tokenizer.decode(results[-1][0][len(prompt):])[:60]!r}", flush=True)
    if args.check:
        model.double()
        with torch.no_grad():
            worst = max((model(torch.tensor([tokens]), use_cache=False).logits[0] - logits).abs().max().item()
                        for tokens, logits, _ in results)
        print(f"largest difference from float64: {worst:.3g}")


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
