"""Client and desk over a real unix socket."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path

import msgspec
import pytest
from link_kit import FakeDesk, RawClient, account, counting_ids, log_row, market, until

from cockpit.link.client import LinkError, SocketLink
from cockpit.link.codec import encode_to_client
from cockpit.link.messages import PROTOCOL, Ack, Attach, Command, Delta, Hello, Pause, Query, Resync, Snapshot
from cockpit.link.rows import Tables
from cockpit.link.server import DeskRunning, LinkServer, ServerError, peer_uid
from cockpit.link.session import SKIP_BACKLOG
from venues.model import SystemClock
from venues.wire import FrameProtocol, frame

CLOCK = SystemClock()


def client(path: Path, prefix: str = "c", **options) -> SocketLink:
    return SocketLink(path, CLOCK, ids=counting_ids(prefix), origin=f"test:{prefix}", rate_hz=10, **options)


def mode_of(path: Path) -> int | None:
    """Permissions of what is at `path`; None where nothing is."""
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


async def test_two_clients_see_the_same_and_both_may_ask(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    one, two = client(path, "a"), client(path, "b")
    await one.start()
    await two.start()
    assert await one.ready(5)
    assert await two.ready(5)
    assert one.store.accounts == two.store.accounts == {row.key: row for row in desk.rows.accounts}
    assert one.hello == Hello(PROTOCOL, "0.1.0", 4711)
    first, second = await asyncio.gather(one.send(Pause("h1")), two.send(Query("status", {"day": "2026-11-21"})))
    assert first.ok
    assert second.ok
    assert {command.origin for command in desk.commands} == {"test:a", "test:b"}
    desk.change(accounts=[account("lighter", open_orders=42)])
    await until(one.store, lambda store: store.accounts["lighter"].open_orders == 42)
    await until(two.store, lambda store: "extended" not in store.accounts)
    await one.close()
    assert one.store.state == "disconnected"
    assert two.store.state == "live"
    await two.close()


async def test_folder_and_socket_are_for_this_user_alone(server: LinkServer, path: Path) -> None:
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700


async def test_another_user_is_turned_away(desk: FakeDesk, path: Path) -> None:
    server = LinkServer(desk, path, CLOCK, uid_of=lambda _fd: os.getuid() + 1)
    await server.start()
    raw = await RawClient.open(path)
    raw.say(Command("c1", "t", Pause("h1")))
    with pytest.raises((AssertionError, ConnectionError)):
        await raw.expect(Ack)
    assert desk.commands == []
    assert server.refused == 1
    await raw.close()
    await server.close()


def test_the_kernel_tells_who_is_at_the_other_end() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        assert peer_uid(left.fileno()) == os.getuid()


async def test_a_client_that_never_reads_is_skipped_while_the_other_is_served(
    server: LinkServer, desk: FakeDesk, path: Path
) -> None:
    raw = await RawClient.open(path)
    raw.writer.transport.pause_reading()
    raw.say(Attach(rate_hz=10))
    good = client(path)
    await good.start()
    assert await good.ready(5)
    slow = next(iter(server._sessions))
    wide = [account(f"a{n}", note="x" * 200) for n in range(1000)]
    for step in range(12):
        desk.change(accounts=[msgspec.structs.replace(row, open_orders=step) for row in wide])
        await until(good.store, lambda store, step=step: store.accounts.get("a9", account()).open_orders == step)
        assert slow.backlog < SKIP_BACKLOG + 1_000_000
    assert server.skipped > 0
    assert good.store.state == "live"
    wide_last = msgspec.structs.replace(wide[9], open_orders=11)
    raw.writer.transport.resume_reading()
    latest = None
    while not (isinstance(latest, Snapshot) and [row for row in latest.tables.accounts if row == wide_last]):
        latest = await raw.message()
        assert latest is not None
    await raw.close()
    await good.close()


async def test_deltas_carry_only_what_changed_and_new_log_lines(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    raw = await RawClient.open(path)
    raw.say(Attach(rate_hz=10))
    first = await raw.expect(Snapshot)
    desk.change(markets=[market("lighter", bid="91000"), desk.rows.markets[1]], log=[*desk.rows.log, log_row(3)])
    delta = await raw.expect(Delta)
    assert isinstance(first, Snapshot)
    assert isinstance(delta, Delta)
    assert delta.seq == first.seq + 1
    assert delta.tables == Tables(markets=[market("lighter", bid="91000")], log=[log_row(3)])
    raw.say(Resync())
    again = await raw.expect(Snapshot)
    assert isinstance(again, Snapshot)
    assert again.seq > delta.seq
    await raw.close()


async def test_a_client_asks_anew_after_a_gap(desk: FakeDesk, path: Path) -> None:
    """A desk that loses a delta: the client must not take the next one as if nothing had happened."""
    path.parent.mkdir(mode=0o700)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    peers: list[FrameProtocol] = []
    server = await asyncio.get_running_loop().create_unix_server(
        lambda: FrameProtocol(lambda _p, data: heard.put_nowait(data), lambda _p, _e: None, peers.append), str(path)
    )
    link = client(path)
    await link.start()
    assert b"attach" in await heard.get()
    (peer,) = peers
    peer.send(encode_to_client(Hello(PROTOCOL, "x", 1)))
    peer.send(encode_to_client(Snapshot(5, 0, Tables(accounts=[account("a")]))))
    assert await link.ready(5)
    for seq in (7, 8):
        peer.send(encode_to_client(Delta(seq, 0, Tables(accounts=[account("never")]))))
    assert b"resync" in await heard.get()
    assert list(link.store.accounts) == ["a"]
    peer.send(encode_to_client(Snapshot(20, 0, Tables(accounts=[account("b")]))))
    await until(link.store, lambda store: "b" in store.accounts)
    assert heard.empty(), "one question is enough"
    await link.close()
    server.close()


async def test_a_desk_of_another_protocol_is_not_misread(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    lost = asyncio.Event()

    def greet(protocol: FrameProtocol) -> None:
        protocol.send(encode_to_client(Hello(PROTOCOL + 1, "9", 1)))

    server = await asyncio.get_running_loop().create_unix_server(
        lambda: FrameProtocol(lambda _p, _d: None, lambda _p, _e: lost.set(), greet), str(path)
    )
    link = client(path)
    await link.start()
    async with asyncio.timeout(5):
        await lost.wait()
    assert f"protocol {PROTOCOL + 1}" in link.trouble
    assert link.store.state == "disconnected"
    await link.close()
    server.close()


async def test_nothing_is_sent_without_a_desk(path: Path) -> None:
    link = client(path)
    await link.start()
    assert not await link.ready(0.05)
    assert "no desk answers" in link.trouble
    with pytest.raises(LinkError, match="nothing was sent") as caught:
        await link.send(Pause("h1"))
    assert not caught.value.unknown
    await link.close()


async def test_the_desk_dies_with_a_command_at_work(desk: FakeDesk, path: Path) -> None:
    desk.gate = asyncio.Event()
    server = LinkServer(desk, path, CLOCK)
    await server.start()
    link = client(path)
    await link.start()
    assert await link.ready(5)
    plain = asyncio.ensure_future(link.send(Pause("h1")))
    marked = asyncio.ensure_future(link.send(Pause("h2"), resend=True))
    await desk.taken.wait()
    for protocol in tuple(server._sessions):
        protocol.abort()
    with pytest.raises(LinkError, match="may or may not have taken") as caught:
        await plain
    assert caught.value.unknown
    assert caught.value.command_id == "c1"
    desk.gate.set()
    ack = await marked
    assert ack.ok
    assert await link.ready(5), "it has reconnected by itself"
    again = await link.send(Pause("h1"), command_id=caught.value.command_id)
    assert again.ok
    assert [command.verb for command in desk.commands] == [Pause("h1"), Pause("h2")], "each was done once"
    await link.close()
    await server.close()


async def test_no_answer_in_time(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    desk.gate = asyncio.Event()
    link = client(path, attach=False)
    await link.start()
    assert await link.ready(5)
    with pytest.raises(LinkError, match=r"no answer from the desk in 0\.05 s") as caught:
        await link.send(Pause("h1"), timeout=0.05)
    assert caught.value.unknown
    desk.gate.set()
    ack = await link.send(Pause("h1"), command_id="c1")
    assert ack.ok
    assert len(desk.commands) == 1
    first = asyncio.ensure_future(link.send(Query("status"), command_id="q"))
    second = asyncio.ensure_future(link.send(Query("status"), command_id="q"))
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Ack, LinkError]
    await link.close()


async def test_reconnects_to_the_next_desk(desk: FakeDesk, path: Path) -> None:
    server = LinkServer(desk, path, CLOCK)
    await server.start()
    link = client(path)
    await link.start()
    assert await link.ready(5)
    await server.close()
    assert mode_of(path) is None
    other = FakeDesk(Tables(accounts=[account("new")]))
    server = LinkServer(other, path, CLOCK)
    await server.start()
    await until(link.store, lambda store: "new" in store.accounts)
    assert list(link.store.accounts) == ["new"]
    assert link.trouble == ""
    await link.close()
    await server.close()


async def test_a_second_desk_is_refused_and_the_first_lives_on(server: LinkServer, path: Path) -> None:
    with pytest.raises(DeskRunning, match="running already"):
        await LinkServer(FakeDesk(), path, CLOCK).start()
    link = client(path)
    await link.start()
    assert await link.ready(5)
    await link.close()


async def test_the_socket_of_a_dead_desk_is_cleared(desk: FakeDesk, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert mode_of(path) is not None
    server = LinkServer(desk, path, CLOCK)
    await server.start()
    link = client(path)
    await link.start()
    assert await link.ready(5)
    await link.close()
    await server.close()


async def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    (folder / "desk.sock").write_text("a file of somebody's")
    with pytest.raises(ServerError, match="no socket is in the way"):
        await LinkServer(FakeDesk(), folder / "desk.sock", CLOCK).start()
    folder.chmod(0o755)
    with pytest.raises(ServerError, match=r"mode 755 lets others in; expected 700"):
        await LinkServer(FakeDesk(), folder / "d.sock", CLOCK).start()
    with pytest.raises(ServerError, match="at most 107"):
        await LinkServer(FakeDesk(), tmp_path / ("x" * 120) / "d.sock", CLOCK).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match="socket folder"):
        await LinkServer(FakeDesk(), tmp_path / "file" / "d.sock", CLOCK).start()


async def test_only_so_many_clients(server: LinkServer, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.link.server.MAX_CLIENTS", 1)
    first = await RawClient.open(path)
    await first.expect(Hello)
    second = await RawClient.open(path)
    with pytest.raises((AssertionError, ConnectionError)):
        await second.expect(Hello)
    assert server.refused == 1
    await first.close()
    await second.close()


async def test_a_desk_that_hangs_is_not_pushed_aside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backlog is full: the connect neither succeeds nor is refused, so the socket is not stale."""
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(path))
        hung.listen(0)
        waiting = []
        for _ in range(8):
            waiting.append(socket.socket(socket.AF_UNIX))
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(str(path))
        with pytest.raises(DeskRunning, match="held by a desk that does not answer"):
            await LinkServer(FakeDesk(), path, CLOCK).start()
        for client_socket in waiting:
            client_socket.close()
    assert mode_of(path) is not None


async def test_a_client_is_served_at_no_higher_rate_than_configured(desk: FakeDesk, path: Path) -> None:
    server = LinkServer(desk, path, CLOCK, max_rate_hz=2)
    await server.start()
    raw = await RawClient.open(path)
    raw.say(Attach(rate_hz=10))
    first = await raw.expect(Snapshot)
    desk.change(accounts=[])
    second = await raw.expect(Delta)
    assert second.ts - first.ts >= 400_000_000
    await raw.close()
    await server.close()


async def test_a_broken_frame_closes_that_connection_only(server: LinkServer, desk: FakeDesk, path: Path) -> None:
    good = client(path)
    await good.start()
    assert await good.ready(5)
    for junk in (b"\xff\xff\xff\xff", frame(b"\xc1"), frame(b"") + b"more"):
        raw = await RawClient.open(path)
        raw.writer.write(junk)
        await raw.expect(Hello)
        with pytest.raises((AssertionError, ConnectionError)):
            await raw.expect(Ack)
        await raw.close()
    assert (await good.send(Query("status"))).ok
    assert server.clients == 1
    await good.close()
