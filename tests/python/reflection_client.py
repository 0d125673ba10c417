"""Asks a Baton cluster a question without any generated code: everything it knows about the API it learns by reflection.

  python reflection_client.py HOST:PORT QUESTION

Prints the answer as it streams. It also checks what every stream promises, and ends with an error if a promise is broken:
`started` comes first and once, `finished` last and once, positions leave no gap, and the usage counts what was received.
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_SECONDS = 60


class Service:
    """The methods of one service, as the server itself describes them."""

    def __init__(self, channel, name):
        self._channel = channel
        self._descriptor = DescriptorPool(ProtoReflectionDescriptorDatabase(channel)).FindServiceByName(name)

    def request(self, method, **fields):
        """A request message of `method`; fields may be nested dicts."""
        return GetMessageClass(self._descriptor.methods_by_name[method].input_type)(**fields)

    def call(self, method, request):
        """Calls `method`; a streaming one gives an iterator."""
        description = self._descriptor.methods_by_name[method]
        make = self._channel.unary_stream if description.server_streaming else self._channel.unary_unary
        answer = GetMessageClass(description.output_type)
        stub = make(f"/{self._descriptor.full_name}/{method}", type(request).SerializeToString, answer.FromString)
        return stub(request, timeout=DEADLINE_SECONDS)


def ask(service, question, max_tokens=128):
    """Yields the answer's text piece by piece."""
    request = service.request(
        "Generate",
        chat={"messages": [{"role": "user", "content": question}]},
        stop={"max_tokens": max_tokens},
    )
    started, num_tokens, finished = None, 0, None
    for message in service.call("Generate", request):
        event = message.WhichOneof("event")
        assert finished is None, f"{event} after finished"
        assert (event == "started") == (started is None), f"{event} came first, or started twice"
        if event == "started":
            started = message.started
        elif event == "piece":
            assert message.piece.position == num_tokens, f"position {message.piece.position} after {num_tokens} tokens"
            num_tokens += len(message.piece.token_ids)
            yield message.piece.text
        else:
            finished = message.finished
    assert finished is not None, "the stream ended without finished"
    assert 1 <= finished.usage.output_tokens <= max_tokens, finished
    assert finished.usage.prompt_tokens == started.prompt_tokens, (started, finished)
    assert num_tokens == finished.usage.output_tokens, f"{num_tokens} tokens came, {finished.usage} says otherwise"
    print(f"\n{finished.usage.prompt_tokens} prompt and {num_tokens} output tokens, seed {started.seed}, "
          f"class {started.numerics_class}", file=sys.stderr)


def main():
    address, question = sys.argv[1:]
    with grpc.insecure_channel(address) as channel:
        health = Service(channel, "grpc.health.v1.Health")
        status = health.call("Check", health.request("Check"))
        assert status.status == 1, f"not SERVING: {status}"
        inference = Service(channel, "baton.v1.InferenceService")
        models = inference.call("ListModels", inference.request("ListModels")).models
        print(f"{address} serves {', '.join(model.name for model in models)}", file=sys.stderr)
        for text in ask(inference, question):
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    main()
