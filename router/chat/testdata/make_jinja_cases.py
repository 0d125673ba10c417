#!/usr/bin/env python3
"""Writes jinja_cases.json: templates with what Python's Jinja makes of them, set up as transformers does.

    python3 make_jinja_cases.py [--gguf SmolLM2-135M-Instruct.Q4_1.gguf] > jinja_cases.json

Needs jinja2 3.1.6 (the least transformers accepts), and the package gguf for --gguf, which adds that file's own chat
template; without it the one already in jinja_cases.json is kept.
"""
import argparse
import copy
import datetime
import json
import pathlib
import sys

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox
import jinja2.utils

import snippets

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2025, 3, 14, 15, 9, 26, 535897)


class Generation(jinja2.ext.Extension):
    """The tag {% generation %}, which only marks its contents."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


class Namespace(jinja2.utils.Namespace):
    """No attributes that begin with an underscore."""

    def __init__(*args, **kwargs):
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            Namespace.check(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name, value):
        Namespace.check(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def check(name):
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(name)


def environment():
    env = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(
            x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    env.globals["namespace"] = Namespace
    return env


ENV = environment()


def run(template, context):
    """What Python makes of it: {"expected": text} or {"error": why}. Some filters write to their input: hence the copy."""
    try:
        text = ENV.from_string(template).render(**copy.deepcopy(context))
        text.encode("utf-8")
    except Exception as error:  # whatever it is, ours must fail too
        return {"error": f"{type(error).__name__}: {error}"}
    assert " at 0x" not in text, template
    return {"expected": text}


def smollm2(path):
    if path is None:
        old = json.loads((HERE / "jinja_cases.json").read_text())
        return old["templates"]["smollm2"]
    import gguf

    field = gguf.GGUFReader(path).fields["tokenizer.chat_template"]
    return bytes(field.parts[field.data[0]]).decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gguf")
    args = parser.parse_args()

    cases = []
    for group, items in snippets.SNIPPETS.items():
        for i, template in enumerate(items):
            cases.append({"name": f"{group}/{i}", "source": template} | run(template, snippets.CONTEXT))

    templates = {"smollm2": smollm2(args.gguf)}
    for path in sorted((HERE / "templates").glob("*.jinja")):
        templates[path.stem] = path.read_text()
    for name, template in templates.items():
        for conversation, context in snippets.CONVERSATIONS.items():
            cases.append(
                {"name": f"{name}/{conversation}", "template": name, "conversation": conversation}
                | run(template, snippets.CHAT_CONTEXT | context)
            )

    out = {
        "now_unix_microseconds": int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp()) * 10**6
        + NOW.microsecond,
        "context": snippets.CONTEXT,
        "templates": templates,
        "conversations": {k: snippets.CHAT_CONTEXT | v for k, v in snippets.CONVERSATIONS.items()},
        "cases": cases,
    }
    json.dump(out, sys.stdout, ensure_ascii=True, indent=0)
    print()
    failed = sum("error" in case for case in cases)
    print(f"{len(cases)} cases, {failed} of them errors", file=sys.stderr)


if __name__ == "__main__":
    main()
