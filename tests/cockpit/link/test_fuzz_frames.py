"""Hostile bytes on the desk's socket, and a desk that lies: the connection ends, everybody else goes on."""

from __future__ import annotations

import asyncio
import contextlib
import struct

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from link_kit import FakeDesk, RawClient, full_tables

from cockpit.link.codec import encode_to_client, encode_to_desk
from cockpit.link.conversation import Conversation, LinkError
from cockpit.link.messages import PROTOCOL, Ack, Attach, Command, Delta, Hello, Query, Resync, Snapshot
from cockpit.link.rows import Tables
from cockpit.link.server import LinkServer
from tests.property_kit import tries, values
from venues.model import ManualClock, SystemClock
from venues.wire import MAX_FRAME, frame

TO_DESK = [encode_to_desk(message) for message in (Attach(), Resync(), Command("c", "o", Query("status")))]
TO_CLIENT = [
    encode_to_client(message)
    for message in (
        Hello(PROTOCOL, "0.1.0", 1),
        Hello(PROTOCOL + 1, "9", 1),
        Snapshot(1, 2, full_tables()),
        Delta(2, 3, Tables(), {"loops": ("h1",)}),
        Delta(99, 3, Tables(), {"?": ("h1",)}),
        Ack("c", ok=True, result=msgspec.Raw(b"null")),
        Ack("c", ok=False, error="no"),
    )
]


def mangled(good: list[bytes]) -> st.SearchStrategy[bytes]:
    """Messages whole, cut short, or with a byte changed."""

    def changed(raw: bytes) -> st.SearchStrategy[bytes]:
        at, byte = st.integers(0, len(raw) - 1), st.integers(0, 255)
        return st.tuples(at, byte).map(lambda pair: raw[: pair[0]] + bytes([pair[1]]) + raw[pair[0] + 1 :])

    whole = st.sampled_from(good)
    return whole | whole.flatmap(lambda raw: st.integers(0, len(raw)).map(lambda at: raw[:at])) | whole.flatmap(changed)


payloads = mangled(TO_DESK) | values.map(msgspec.msgpack.encode) | st.binary(max_size=40)
huge = st.integers(MAX_FRAME + 1, 2**32 - 1).map(lambda length: struct.pack(">I", length))
unfinished = st.tuples(st.integers(1, MAX_FRAME), st.binary(max_size=20)).map(
    lambda pair: struct.pack(">I", pair[0]) + pair[1]
)


def test_a_neighbour_stays_connected_whatever_others_send(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("f") / "run" / "desk.sock"
    told: list[dict[str, object]] = []
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(lambda _loop, context: told.append(context))
        server = LinkServer(FakeDesk(), path, SystemClock())

        async def begin() -> RawClient:
            await server.start()
            return await RawClient.open(path)

        neighbour = runner.run(begin())

        @tries(80)
        @given(st.lists(payloads.map(frame) | huge | unfinished, max_size=5))
        @example([struct.pack(">I", 2**32 - 1)])
        @example([struct.pack(">I", 0)] * 5)
        @example([frame(b"\x91" * 100_000)])
        def attack(chunks: list[bytes]) -> None:
            async def once() -> None:
                raw = await RawClient.open(path)
                raw.writer.writelines(chunks)
                await raw.close()
                neighbour.say(Command("n", "t", Query("status")))
                ack = await neighbour.expect(Ack)
                assert isinstance(ack, Ack)
                assert ack.ok

            runner.run(once())

        attack()

        async def all_gone() -> None:
            async with asyncio.timeout(10):
                while server.clients > 1:
                    neighbour.say(Command("n", "t", Query("status")))
                    await neighbour.expect(Ack)

        runner.run(all_gone())

        async def end() -> None:
            await neighbour.close()
            await server.close()

        runner.run(end())
    assert told == []


@tries(150)
@given(st.lists(mangled(TO_CLIENT) | values.map(msgspec.msgpack.encode), max_size=6))
@example([b"\x84\xa4type\xa3ack\xa2id\xa1c\xa2ok\xc3\xa5error\xa0"])
@example([TO_CLIENT[4], TO_CLIENT[2], TO_CLIENT[3]])
def test_a_desk_that_lies_ends_a_connection_and_no_client(frames: list[bytes]) -> None:
    """A client takes what it is sent, or the connection ends; what waits for an answer is told so."""

    async def talk() -> None:
        wrote: list[bytes] = []

        def write(payload: bytes) -> bool:
            wrote.append(payload)
            return True

        ids = iter(("c", "d"))
        conversation = Conversation(ManualClock(), ids=lambda: next(ids), origin="t", rate_hz=1, attach=True)
        conversation.opened(write)
        asking = asyncio.ensure_future(conversation.send(Query("status"), command_id=None, timeout=60, resend=False))
        await asyncio.sleep(0)
        try:
            for payload in frames:
                conversation.received(payload)
        except ConnectionError as error:
            words = str(error)
            assert words
        conversation.lost("it lied")
        with contextlib.suppress(LinkError):
            assert isinstance(await asking, Ack)
        assert conversation.store.connection == "disconnected"
        conversation.opened(write)
        conversation.received(TO_CLIENT[0])
        conversation.received(TO_CLIENT[2])
        assert conversation.ready.is_set(), "an honest desk is understood afterwards"

    asyncio.run(talk())
