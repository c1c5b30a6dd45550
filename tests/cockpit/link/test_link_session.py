"""One client's session and the in-process link, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import TypeVar

import pytest
from link_kit import FakeDesk, account, counting_ids, full_tables, market, until

from cockpit.link.codec import decode_to_client, encode_to_desk
from cockpit.link.dispatch import MAX_QUERIES, MAX_WAITING, Dispatcher
from cockpit.link.inprocess import InProcessLink
from cockpit.link.messages import (
    PROTOCOL,
    Ack,
    Attach,
    Command,
    Delta,
    Hello,
    Pause,
    Query,
    Resync,
    Snapshot,
    Stop,
    ToClient,
)
from cockpit.link.publisher import Publisher
from cockpit.link.session import DROP_BACKLOG, MAX_PENDING, SKIP_BACKLOG, DeskSession
from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.wire import MAX_FRAME, FrameError

T = TypeVar("T")


def virtual(main: Coroutine[object, object, T], loop: VirtualLoop) -> T:
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


class Peer:
    def __init__(self) -> None:
        self.sent: list[ToClient] = []
        self.backlog = 0
        self.error: Exception | None = None
        self.aborted = False

    def send(self, payload: bytes) -> bool:
        if len(payload) > MAX_FRAME:
            raise FrameError("too long")
        self.sent.append(decode_to_client(payload))
        return True

    def abort(self, error: Exception | None = None) -> None:
        self.aborted, self.error = True, error

    def take(self) -> list[ToClient]:
        sent, self.sent = self.sent, []
        return sent


class Bench:
    """A session on a virtual loop."""

    def __init__(self) -> None:
        self.loop = VirtualLoop(1_000_000_000_000)
        self.clock = VirtualClock(self.loop)
        self.desk = FakeDesk()
        self.publisher = Publisher(self.desk.tables, self.clock)
        self.dispatcher = Dispatcher(self.desk, self.publisher.invalidate)
        self.peer = Peer()
        self.session = DeskSession(self.peer, self.publisher, self.dispatcher, self.clock, self.loop)

    def run(self, seconds: float) -> list[ToClient]:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        return self.peer.take()

    def say(self, message: Command | Attach | Resync) -> None:
        async def now() -> None:
            self.session.received(encode_to_desk(message))

        self.loop.run_until_complete(now())


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.session.close()
    made.loop.run_until_complete(made.dispatcher.close(1))
    made.loop.close()


def test_a_client_that_asks_for_nothing_is_told_nothing(bench: Bench) -> None:
    bench.session.hello("0.1.0", 12)
    (hello,) = bench.run(60)
    assert hello == Hello(PROTOCOL, "0.1.0", 12)
    assert bench.desk.looks == 0, "the desk is not looked at for nobody"


def test_snapshot_at_once_then_deltas_at_the_clients_rate(bench: Bench) -> None:
    bench.say(Attach(rate_hz=4))
    (first,) = bench.peer.take()
    assert isinstance(first, Snapshot)
    assert first.tables == full_tables()
    for price in range(8):
        bench.desk.change(markets=[market(bid=str(90_001 + price))])
        bench.run(0.0625)
    messages = bench.peer.take()
    assert bench.desk.looks == 3
    bench.desk.change(accounts=[account()])
    (delta,) = bench.run(0.25)
    assert isinstance(delta, Delta)
    assert delta.removed["accounts"] == ("extended",)
    assert not messages


@pytest.mark.parametrize("rate", [1, 3, 4, 7, 10, 1000, 0.001, -5, float("nan")])
def test_heartbeat_each_second_whatever_the_rate(bench: Bench, rate: float) -> None:
    bench.say(Attach(rate_hz=rate))
    bench.peer.take()
    stamps = []
    for _ in range(100):
        stamps += [message.ts for message in bench.run(0.1)]
    gaps = [later - earlier for earlier, later in itertools.pairwise(stamps)]
    assert 9 <= len(stamps) <= 13
    assert max(gaps) <= 1_100_000_000


def test_a_slow_client_is_skipped_and_then_gets_one_snapshot(bench: Bench) -> None:
    bench.say(Attach(rate_hz=10))
    bench.peer.take()
    bench.peer.backlog = SKIP_BACKLOG + 1
    bench.desk.change(accounts=[account(open_orders=77)])
    assert bench.run(30) == []
    assert bench.session.skipped in (299, 300)
    bench.peer.backlog = 0
    bench.desk.change(accounts=[account(open_orders=78)])
    (message,) = bench.run(0.1)
    assert isinstance(message, Snapshot)
    assert message.tables.accounts == [account(open_orders=78)]


def test_resync_gets_a_snapshot_on_the_next_beat_however_often_it_asks(bench: Bench) -> None:
    bench.say(Attach(rate_hz=2))
    bench.peer.take()
    for _ in range(50):
        bench.say(Resync())
    (message,) = bench.run(0.5)
    assert isinstance(message, Snapshot)


def test_attaching_again_changes_the_rate(bench: Bench) -> None:
    bench.say(Attach(rate_hz=1))
    bench.say(Attach(rate_hz=10))
    bench.run(1.05)
    bench.desk.change(accounts=[])
    (message,) = bench.run(0.1)
    assert isinstance(message, Delta)


def test_who_never_reads_its_answers_is_cut_off(bench: Bench) -> None:
    bench.peer.backlog = DROP_BACKLOG + 1
    bench.say(Command("c1", "t", Query("status")))
    bench.run(1)
    assert bench.peer.aborted
    bench.say(Command("c2", "t", Query("status")))
    assert len(bench.desk.commands) == 1


def test_garbage_cuts_the_connection(bench: Bench) -> None:
    bench.say(Attach())
    bench.session.received(b"\xc1garbage")
    assert bench.peer.aborted
    assert "not a message to a desk" in str(bench.peer.error)
    bench.peer.take()
    assert bench.run(5) == []


def test_an_answer_that_is_too_long_says_so(bench: Bench) -> None:
    bench.desk.answer = lambda command: Ack(command.id, ok=True, result=b'"' + b"x" * MAX_FRAME + b'"')
    bench.say(Command("c1", "t", Query("fills")))
    (ack,) = bench.run(0.1)
    assert isinstance(ack, Ack)
    assert not ack.ok
    assert "too long" in ack.error


def test_commands_come_one_after_the_other_and_queries_beside_them(bench: Bench) -> None:
    bench.desk.gate = asyncio.Event()
    bench.say(Command("c1", "t", Pause("h1")))
    bench.say(Command("c2", "t", Pause("h2")))
    bench.say(Command("q1", "t", Query("status")))
    (answer,) = bench.run(1)
    assert isinstance(answer, Ack)
    assert answer.id == "q1"
    assert [command.id for command in bench.desk.commands] == ["c1", "q1"]
    bench.desk.gate.set()
    assert [message.id for message in bench.run(1) if isinstance(message, Ack)] == ["c1", "c2"]


def test_one_id_is_done_once(bench: Bench) -> None:
    bench.desk.gate = asyncio.Event()
    bench.say(Command("c1", "t", Pause("h1")))
    bench.say(Command("c1", "t", Pause("h1")))
    bench.run(1)
    bench.desk.gate.set()
    bench.run(1)
    bench.say(Command("c1", "somebody else", Pause("h1")))
    bench.run(1)
    assert len(bench.desk.commands) == 1
    bench.say(Command("c1", "t", Pause("h2")))
    (ack,) = bench.run(1)
    assert isinstance(ack, Ack)
    assert not ack.ok
    assert "'c1' was used for another command" in ack.error


def test_repeats_get_the_first_answer(bench: Bench) -> None:
    for _ in range(3):
        bench.say(Command("c1", "t", Pause("h1")))
    answers = bench.run(1)
    assert len(answers) == 3
    assert len({bytes(answer.result) for answer in answers if isinstance(answer, Ack)}) == 1


def test_floods_are_refused_not_queued(bench: Bench) -> None:
    bench.desk.gate = asyncio.Event()
    for number in range(MAX_PENDING + 1):
        bench.say(Command(f"c{number}", "t", Pause("h1")))
    (refused,) = bench.run(1)
    assert isinstance(refused, Ack)
    assert refused.id == f"c{MAX_PENDING}"
    assert "busy" in refused.error
    bench.desk.gate.set()
    assert len(bench.run(1)) == MAX_PENDING


def test_the_desk_takes_only_so_many_from_all_clients_together(bench: Bench) -> None:
    bench.desk.gate = asyncio.Event()
    answers: list[Ack] = []

    async def flood() -> None:
        for number in range(MAX_WAITING + 1):
            bench.dispatcher.submit(Command(f"c{number}", "t", Pause("h1")), answers.append)
        for number in range(MAX_QUERIES + 1):
            bench.dispatcher.submit(Command(f"q{number}", "t", Query("status")), answers.append)

    bench.loop.run_until_complete(flood())
    assert [answer.id for answer in answers if not answer.ok] == [f"c{MAX_WAITING}", f"q{MAX_QUERIES}"]
    bench.loop.run_until_complete(bench.dispatcher.close(1))
    assert sum("stopping" in answer.error for answer in answers) == MAX_WAITING - 1


def test_a_desk_that_fails_on_one_command_goes_on_with_the_next(bench: Bench) -> None:
    told: list[dict[str, object]] = []
    bench.loop.set_exception_handler(lambda _loop, context: told.append(context))

    def answer(command: Command) -> Ack:
        if isinstance(command.verb, Stop):
            raise KeyError("no such thing")
        return Ack(command.id, ok=True)

    bench.desk.answer = answer
    bench.say(Command("c1", "t", Stop("h1")))
    bench.say(Command("c2", "t", Pause("h1")))
    failed, fine = bench.run(1)
    assert isinstance(failed, Ack)
    assert isinstance(fine, Ack)
    assert not failed.ok
    assert "KeyError" in failed.error
    assert fine.ok
    assert len(told) == 1


def test_the_link_in_one_process_is_the_same_link() -> None:
    loop = VirtualLoop(1_000_000_000_000)
    desk = FakeDesk()

    async def main() -> None:
        link = InProcessLink(desk, VirtualClock(loop), ids=counting_ids(), origin="tui:t@h")
        await link.start()
        await link.start()
        assert await link.ready(1)
        assert link.store.state == "live"
        assert link.store.loops["h1"].params == {"size": "0.05", "iterations": "20"}
        ack = await link.send(Pause("h1"))
        assert ack.ok
        assert desk.commands == [Command("c1", "tui:t@h", Pause("h1"))]
        assert bytes(ack.result) == b'{"n":1}'
        desk.change(loops=[])
        await until(link.store, lambda store: not store.loops)
        await asyncio.sleep(10)
        assert link.store.state == "live"
        await link.close()
        await link.close()
        assert link.store.state == "disconnected"
        assert not await link.ready(0.5)

    virtual(main(), loop)
