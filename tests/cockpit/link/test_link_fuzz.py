"""Nothing that a client can send stops the desk, and every message survives the wire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
import pytest
import uvloop
from hypothesis import example, given
from hypothesis import strategies as st
from link_kit import FakeDesk, RawClient, flatten_row, full_tables

from cockpit.link.codec import CodecError, decode_to_client, decode_to_desk, encode_to_client, encode_to_desk
from cockpit.link.messages import (
    Ack,
    AckAlarm,
    Attach,
    Command,
    Delta,
    Fault,
    Flatten,
    FlattenCancel,
    Hello,
    Launch,
    Pause,
    Query,
    Reduce,
    Resume,
    ResumeAccount,
    Resync,
    SetParams,
    Shutdown,
    Snapshot,
    Stop,
)
from cockpit.link.rows import Tables
from cockpit.link.server import LinkServer
from venues.model import SystemClock
from venues.wire import frame

VERBS = [
    Launch("hedge", {"size": "0.05"}),
    SetParams("h1", {"size": "0.02"}),
    Pause("all"),
    Resume("h1"),
    Stop("h1", "flatten"),
    Flatten(("a",), "all", ("b",)),
    Reduce("0.5"),
    FlattenCancel("f1"),
    ResumeAccount("a"),
    AckAlarm("x"),
    Fault("a", "slow"),
    Query("fills", {"from": "2026-11-21"}),
    Shutdown(),
]
GOOD = [encode_to_desk(Command("c", "o", verb)) for verb in VERBS] + [
    encode_to_desk(Attach()),
    encode_to_desk(Resync()),
]

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
wrong_types = st.fixed_dictionaries(
    {"type": st.sampled_from(["command", "attach", "resync", "snapshot", "?"])},
    optional={"id": values, "origin": values, "verb": values, "rate_hz": values},
).map(msgspec.msgpack.encode)
truncated = st.sampled_from(GOOD).flatmap(lambda good: st.integers(0, len(good)).map(lambda cut: good[:cut]))
payloads = st.binary(max_size=200) | values.map(msgspec.msgpack.encode) | wrong_types | truncated


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: type(verb).__name__)
def test_every_verb_survives_the_wire(verb: object) -> None:
    message = Command("c1", "cli:a@b", verb)
    assert decode_to_desk(encode_to_desk(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Hello(1, "0.1.0", 4711),
        Snapshot(
            1, 2, msgspec.structs.replace(full_tables(), flattens=[flatten_row(legs=("lighter BTC: venue down",))])
        ),
        Delta(2, 3, Tables(), {"loops": ("h1",)}),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_message_of_the_desk_survives_the_wire(message: Hello | Snapshot | Delta) -> None:
    assert decode_to_client(encode_to_client(message)) == message


def test_a_result_is_json_and_comes_through_byte_for_byte() -> None:
    for raw in (b"null", b'{"price": 90000.10, "t": "\xe7\xa3\xa8"}', b"[]"):
        back = decode_to_client(encode_to_client(Ack("c1", ok=True, result=msgspec.Raw(raw))))
        assert isinstance(back, Ack)
        assert bytes(back.result) == raw
    assert bytes(decode_to_client(encode_to_client(Ack("c1", ok=False, error="no"))).result) == b"null"


@given(payloads)
@example(b"\x91" * 100_000)
def test_a_payload_is_a_message_or_a_codec_error(payload: bytes) -> None:
    for decode in (decode_to_desk, decode_to_client):
        with contextlib.suppress(CodecError):
            assert isinstance(decode(payload), msgspec.Struct)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_the_server_outlives_everything(
    new_loop: Callable[[], asyncio.AbstractEventLoop], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("s") / "run" / "desk.sock"
    runner = asyncio.Runner(loop_factory=new_loop)
    loop = runner.get_loop()
    told: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _loop, context: told.append(context))
    server = LinkServer(FakeDesk(), path, SystemClock())
    loop.run_until_complete(server.start())

    async def attack(chunks: list[bytes]) -> None:
        raw = await RawClient.open(path)
        for chunk in chunks:
            raw.writer.write(chunk)
        await raw.close()
        check = await RawClient.open(path)
        check.say(Command("q", "t", Query("status")))
        ack = await check.expect(Ack)
        assert isinstance(ack, Ack)
        assert ack.ok
        await check.close()

    @given(st.lists(payloads.map(frame) | st.binary(max_size=50), max_size=6))
    def fuzz(chunks: list[bytes]) -> None:
        loop.run_until_complete(attack(chunks))

    try:
        fuzz()
        assert told == []
    finally:
        loop.run_until_complete(server.close())
        runner.close()
