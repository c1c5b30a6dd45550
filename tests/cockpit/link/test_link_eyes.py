"""Several pairs of eyes on one desk, over a real unix socket: who looks, who may only look, and who is too old to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from link_kit import FakeDesk, RawClient, counting_ids, until

from cockpit.link.client import SocketLink
from cockpit.link.codec import encode_to_client
from cockpit.link.inprocess import InProcessLink
from cockpit.link.messages import PROTOCOL, Ack, Attach, Command, Flatten, Hello, Pause, Query, Shutdown, Snapshot
from cockpit.link.origin import LONGEST, looker, printable
from cockpit.link.rows import Tables
from cockpit.link.server import LinkServer
from cockpit.link.store import Store
from venues.model import SystemClock
from venues.wire import FrameProtocol, frame

CLOCK = SystemClock()


def client(path: Path, who: str, **options: object) -> SocketLink:
    return SocketLink(path, CLOCK, ids=counting_ids(who), origin=who, rate_hz=10, **options)


def clients(store: Store) -> tuple[str, ...]:
    return store.desk.clients if store.desk is not None else ()


# -- who looks


async def test_everybody_sees_who_comes_and_who_goes(server: LinkServer, path: Path) -> None:
    anna, ben = client(path, "tui:anna@host"), client(path, "tui:ben@phone", watch=True)
    await anna.start()
    assert await anna.ready(5)
    await until(anna.store, lambda store: clients(store) == ("anna@host",))
    await ben.start()
    both = ("anna@host", "ben@phone (watch)")
    await until(anna.store, lambda store: clients(store) == both)
    assert await ben.ready(5)
    await until(ben.store, lambda store: clients(store) == both)
    await anna.close()
    await until(ben.store, lambda store: clients(store) == ("ben@phone (watch)",))
    await ben.close()


async def test_verbs_and_watchdogs_are_no_eyes(server: LinkServer, path: Path) -> None:
    anna, verb, dog = (
        client(path, "tui:anna@host"),
        client(path, "cli:anna@host"),
        client(path, "watchdog:root@host", watchdog="flattens after 10 s"),
    )
    for link in (verb, dog, anna):
        await link.start()
        assert await link.ready(5)
    assert server.clients == 3
    await until(anna.store, lambda store: clients(store) == ("anna@host",))
    for link in (verb, dog, anna):
        await link.close()


async def test_the_desk_in_this_process_is_looked_at_too() -> None:
    desk = FakeDesk()
    link = InProcessLink(desk, CLOCK, ids=counting_ids(), origin="tui:anna@host", rate_hz=10)
    await link.start()
    assert await link.ready(5)
    await until(link.store, lambda store: clients(store) == ("anna@host",))
    assert desk.rows.desk[0].clients == (), "the desk itself knows of no clients"
    await link.close()


@pytest.mark.parametrize(
    ("origin", "watch", "shown"),
    [
        ("tui:anna@host", False, "anna@host"),
        ("tui:anna@host", True, "anna@host (watch)"),
        ("bench", False, "bench"),
        ("cli:anna@host", False, ""),
        ("", False, ""),
        ("tui:", True, ""),
        ("tui:a\x1b[2Jb", False, "a?[2Jb"),
        ("tui:安娜@主机", False, "安娜@主机"),
    ],
)
def test_what_a_client_is_shown_as(origin: str, watch: bool, shown: str) -> None:
    assert looker(origin, watch=watch) == shown


def test_a_name_is_one_line_of_some_length() -> None:
    assert printable("a\r\nb\u202e\x00") == "a??b??"
    assert len(printable("x" * 10_000)) == LONGEST


# -- who may only look


async def test_who_watches_is_refused_by_the_desk(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    ben = client(path, "tui:ben@phone", watch=True)
    assert ben.store.watch
    await ben.start()
    assert await ben.ready(5)
    for verb in (Pause("all"), Flatten(), Shutdown()):
        await ben.send(verb)
    await ben.send(Query("orders"))
    assert [command.watch for command in desk.commands] == [True, True, True, False]
    await ben.close()


async def test_who_said_so_once_cannot_take_it_back(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    raw = await RawClient.open(path)
    raw.say(Attach(rate_hz=10, origin="tui:ben@phone", watch=True))
    await raw.expect(Snapshot)
    raw.say(Attach(rate_hz=10, origin="tui:ben@phone", watch=False))
    raw.say(Command("c1", "tui:anna@host", Flatten(), watch=False))
    await raw.expect(Ack)
    assert desk.commands == [Command("c1", "tui:anna@host", Flatten(), watch=True)]
    assert server.lookers == ("ben@phone (watch)",)
    await raw.close()


async def test_others_are_not_hindered(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    anna, ben = client(path, "tui:anna@host"), client(path, "tui:ben@phone", watch=True)
    for link in (anna, ben):
        await link.start()
        assert await link.ready(5)
    await anna.send(Pause("all"))
    assert [command.watch for command in desk.commands] == [False]
    assert not anna.store.watch
    for link in (anna, ben):
        await link.close()


# -- who is too old, or too new


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (PROTOCOL - 1, ("restart the desk (`kill 4711`, then `cockpit`)", f"speaks protocol {PROTOCOL - 1}")),
        (PROTOCOL + 1, ("start the newer cockpit instead of this one", f"speaks protocol {PROTOCOL + 1}")),
    ],
)
async def test_a_desk_of_another_protocol_says_which_side_to_restart(
    path: Path, theirs: int, says: tuple[str, ...]
) -> None:
    path.parent.mkdir(mode=0o700)
    lost = asyncio.Event()

    def greet(protocol: FrameProtocol) -> None:
        protocol.send(encode_to_client(Hello(theirs, "9", 4711)))
        protocol.send(encode_to_client(Snapshot(1, 0, Tables())))

    server = await asyncio.get_running_loop().create_unix_server(
        lambda: FrameProtocol(lambda _p, _d: None, lambda _p, _e: lost.set(), greet), str(path)
    )
    link = client(path, "tui:anna@host")
    await link.start()
    async with asyncio.timeout(5):
        await lost.wait()
    for words in says:
        assert words in link.store.trouble
        assert words in link.trouble
    assert link.store.state == "disconnected"
    assert link.store.seq is None, "nothing of it was taken in"
    server.close()
    desk = LinkServer(FakeDesk(), path, CLOCK)
    await desk.start()
    await until(link.store, lambda store: bool(store.accounts))
    assert link.store.trouble == "", "a desk that it understands has come"
    await link.close()
    await desk.close()


async def test_a_client_of_the_protocol_before_is_greeted_with_ours(server: LinkServer, path: Path) -> None:
    """It reads the greeting first and says itself which side to restart; its own attach has no origin."""
    raw = await RawClient.open(path)
    raw.writer.write(frame(msgspec.msgpack.encode({"type": "attach", "rate_hz": 10.0, "watchdog": ""})))
    hello = await raw.expect(Hello)
    assert isinstance(hello, Hello)
    assert hello.protocol == PROTOCOL
    await raw.expect(Snapshot)
    assert server.lookers == ()
    await raw.close()
