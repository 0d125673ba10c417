"""Writes adversarial texts and the token ids that Hugging Face `tokenizers` gives them, for tests/tokenizer/golden_test.cc.

The reference is built from the model file's own vocabulary and merges with SmolLM2's published pre-tokenizer (individual
digits, then byte level), which GGUF only names. The stored cases were made with tokenizers 0.23.3 by
    python make_tokenizer_cases.py MODEL.gguf ../tokenizer/cases.bin
and a long run, compared by setting BATON_TOKENIZER_CASES to its output, by
    python make_tokenizer_cases.py MODEL.gguf long.bin --texts 100000 --decodes 20000 --atoms 40 --seed 2 --sweep

File: "BATC" 1, then LEB128 numbers throughout: the vocabulary's size; the number of texts, for each the number of
segments (for each parse_special, size, bytes), the number of ids, ids; the number of id lists, for each skip_special,
the number of ids, ids, size of the text, bytes.
"""
import argparse
import random
import re
import sys
import unicodedata

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, decoders, models
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

CONTROL = 3


def read_vocabulary(path):
    fields = GGUFReader(path).fields
    get = lambda key: fields[f"tokenizer.ggml.{key}"].contents()
    assert (get("model"), get("pre")) == ("gpt2", "smollm"), (get("model"), get("pre"))
    return get("tokens"), get("token_type"), get("merges")


def make_reference(tokens, merges, control):
    vocabulary = {token: i for i, token in enumerate(tokens)}
    reference = Tokenizer(models.BPE(vocabulary, [tuple(m.split(" ")) for m in merges]))
    reference.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    reference.decoder = decoders.ByteLevel()
    reference.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control])
    return reference


class Oracle:
    def __init__(self, tokens, types, merges):
        self.tokens = tokens
        self.control = [t for t, kind in zip(tokens, types) if kind == CONTROL]
        self.plain = make_reference(tokens, merges, [])
        self.special = make_reference(tokens, merges, self.control)
        longest_first = sorted(self.control, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first)))

    def encode(self, segments):
        """Control tokens only inside runs of parse_special segments; everything between two of them is one text."""
        ids, pending, runs = [], "", []
        for parse_special, text in segments:
            if runs and runs[-1][0] == parse_special:
                runs[-1][1] += text
            else:
                runs.append([parse_special, text])
        for parse_special, text in runs:
            start = 0
            for match in self.pattern.finditer(text) if parse_special else ():
                ids += self.plain.encode(pending + text[start : match.start()]).ids
                ids.append(self.tokens.index(match.group()))
                pending, start = "", match.end()
            pending += text[start:]
        ids += self.plain.encode(pending).ids
        if all(parse_special for parse_special, _ in segments):  # the reference can do these alone
            assert ids == self.special.encode("".join(t for _, t in segments)).ids
        return ids

    def decode(self, ids, skip_special):
        alphabet = byte_alphabet()
        kept = [self.tokens[i] for i in ids if not (skip_special and self.tokens[i] in self.control)]
        text = b"".join(bytes(alphabet[c] for c in t) for t in kept).decode("utf-8", "replace")
        assert text == self.special.decode(ids, skip_special_tokens=skip_special)
        return text


def byte_alphabet():
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in own]
    return {chr(b): b for b in own} | {chr(256 + i): b for i, b in enumerate(others)}


WORDS = """the The THE of and don't I'm we'll they've you're he'd it's 'S 'LL o'clock 'tis 's 't 're 've 'm 'll 'd ' '' ''s
naïve café Straße İstanbul ſ ﬁ ß Ǆ Ελληνικά Русский עברית العربية हिन्दी ไทย 中文 日本語 한국어 ქართული አማርኛ ᚠᛇᚻ 𐍈 𝔘𝔫𝔦 ʰ ª º
for(int i=0;i<n;++i){ std::vector<int>x; } def f(x): return x**2 #include "a.h" // * /* */ -> :: != <= === && || \\n \\t
{"key":[1,2.5e-3]} <div class="a"> </p> SELECT*FROM http://example.com/?q=1&r=%20 a@b.co $x ${y} `z` ~/.bashrc C:\\dir
1 12 007 3.14 1,000,000 0x1F 1e10 ½ ¾ ² ³ Ⅷ ① ٠١٢ ४५ 五 〇 𝟙𝟚 ₁₂ 1st 2nd""".split()
EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "❤️", "☃", "🧑🏿‍🚀", "1️⃣", "\u200d", "\ufe0f", "🏴\U000e0067\U000e0062\U000e007f"]
SPACES = [chr(c) for c in (9, 10, 11, 12, 13, 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
                           0x3000)]
ALMOST_SPACES = [chr(c) for c in (0x1C, 0x1D, 0x1E, 0x1F, 0x180E, 0x200B, 0x200C, 0x2060, 0xFEFF, 0x00AD, 0x3164, 0x2800)]
MARKS = [chr(c) for c in (0x300, 0x301, 0x308, 0x327, 0x338, 0x20DD, 0x5B0, 0x64B, 0x93F, 0xE34, 0x1F3FB, 0xFE00)]
NEWER_DIGITS = [chr(c) for c in (*range(0x11DE0, 0x11DEA), 0x16FF4, 0x16FF5, 0x16FF6)]  # numbers since Unicode 17


class Texts:
    def __init__(self, oracle, rng):
        self.rng = rng
        everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
        self.by_kind = {}
        for c in everything:
            self.by_kind.setdefault(unicodedata.category(c), []).append(c)
        self.numbers = self.by_kind["Nd"] + self.by_kind["Nl"] + self.by_kind["No"] + NEWER_DIGITS
        self.kinds = sorted(self.by_kind)
        self.control = oracle.control
        alphabet = byte_alphabet()
        spelled = (bytes(alphabet[c] for c in t).decode("utf-8", "ignore") for t in oracle.tokens)
        self.spelled = [t for t in spelled if t]

    def atom(self):
        rng = self.rng
        pick = rng.choice
        kind = rng.randrange(16)
        if kind <= 2:
            return pick(WORDS)
        if kind == 3:
            return pick(["", " ", "\n"]) + pick(self.spelled)
        if kind == 4:
            return pick(SPACES) * rng.choice([1, 1, 2, 3, 7])
        if kind == 5:
            return "".join(pick(SPACES + ALMOST_SPACES) for _ in range(rng.randrange(1, 5)))
        if kind == 6:
            return " " * rng.choice([1, 1, 1, 2, 3, 4, 8, 17])
        if kind == 7:
            return "".join(pick(self.numbers) for _ in range(rng.randrange(1, 4)))
        if kind == 8:
            return str(rng.randrange(10 ** rng.randrange(1, 12)))
        if kind == 9:
            return pick(EMOJI)
        if kind == 10:
            return pick(MARKS + ["'", "’", "\r\n", "\n\n", "\t", "\x00", "\x04", "\x7f", "_", "."])
        if kind == 11:
            return pick(self.by_kind[pick(self.kinds)])
        if kind == 12:
            return "".join(pick(self.by_kind[pick(["Ll", "Lu", "Lo", "Lm", "Lt"])]) for _ in range(rng.randrange(1, 5)))
        if kind == 13:
            return chr(pick([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000), rng.randrange(0x80, 0x800)]))
        if kind == 14:
            token = pick(self.control)
            return pick([token, token, token[:-1], token[1:], token[: len(token) // 2], token.upper(), "<" + token])
        return pick(["a", "=", "-", "ab", " ", "\n", "é", "中", "0", "'s", "!", "😀"]) * rng.choice([2, 3, 5, 16, 33])

    def text(self, max_atoms):
        return "".join(self.atom() for _ in range(self.rng.randrange(1, max_atoms + 1)))

    def segments(self, max_atoms):
        rng, text = self.rng, self.text(max_atoms)
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.choice([0, 0, 0, 1, 2, 3])))
        parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
        return [(rng.random() < 0.5, part) for part in parts]

    def ids(self, oracle):
        rng = self.rng
        byte_tokens = [i for i, t in enumerate(oracle.tokens) if len(t) == 1]
        pools = [range(len(oracle.tokens)), byte_tokens, range(len(oracle.control))]
        return [rng.choice(rng.choices(pools, [4, 8, 1])[0]) for _ in range(rng.randrange(1, 13))]


def sweep():
    """Every code point, with a letter before it and a space and a letter after it."""
    everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for i in range(0, len(everything), 64):
        yield [(False, "".join(f"b{c} {c}" for c in everything[i : i + 64]))]


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(text):
    data = text.encode()
    return number(len(data)) + data


def id_list(ids):
    return number(len(ids)) + b"".join(map(number, ids))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--decodes", type=int, default=300)
    parser.add_argument("--atoms", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweep", action="store_true")
    args = parser.parse_args()
    oracle = Oracle(*read_vocabulary(args.model))
    texts = Texts(oracle, random.Random(args.seed))
    cases = [texts.segments(args.atoms) for _ in range(args.texts)]
    if args.sweep:
        cases += sweep()
    out = bytearray(b"BATC\x01" + number(len(oracle.tokens)) + number(len(cases)))
    for segments in cases:
        out += number(len(segments))
        for parse_special, text in segments:
            out += number(parse_special) + blob(text)
        out += id_list(oracle.encode(segments))
    out += number(args.decodes)
    for i in range(args.decodes):
        ids = texts.ids(oracle)
        out += number(i % 2) + id_list(ids) + blob(oracle.decode(ids, skip_special=i % 2 == 1))
    with open(args.output, "wb") as file:
        file.write(out)
    print(f"{args.output}: {len(cases)} texts, {args.decodes} id lists, {len(out)} bytes", file=sys.stderr)


main()
