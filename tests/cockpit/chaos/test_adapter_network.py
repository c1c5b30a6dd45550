"""The in-memory network under ccxt: what arrives, what is lost, and what dies with the process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
import yarl
from aiohttp import WSMsgType

from cockpit.chaos.adapter_faults import Fate, Frame, WireFaults
from cockpit.chaos.adapter_gate import AdapterGate
from cockpit.chaos.adapter_wire import Errand, Line, Network, errand
from cockpit.chaos.kinds import Fault
from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.paper.latency import Latency
from venues.served.dialect import ABNORMAL, GOING_AWAY, HttpAnswer, HttpRequest, WsSession

ORDER = yarl.URL("http://x.test/fapi/v1/order?symbol=BTCUSDT", encoded=True)
TIMEOUT = aiohttp.ClientTimeout(total=10.0)


class Front:
    """A venue that notes what reaches it and answers `{}`."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.texts: list[str] = []
        self.sessions: list[WsSession] = []
        self.outage = False

    async def http(self, request: HttpRequest) -> HttpAnswer | None:
        self.requests.append(request)
        return None if self.outage else HttpAnswer(200, b"{}")

    def refused(self) -> bool:
        return self.outage

    def ws_open(self, session: WsSession) -> None:
        self.sessions.append(session)

    def ws_text(self, _session: WsSession, text: str) -> None:
        self.texts.append(text)

    def ws_closed(self, session: WsSession) -> None:
        session.open = False
        self.sessions.remove(session)


class Scripted(WireFaults):
    """Fates as the test says."""

    def __init__(self) -> None:
        self.fate, self.framed = Fate(), Frame()

    def request(self, request: HttpRequest, client_order_id: str, *, cancel: bool) -> Fate:
        return self.fate

    def frame(self, text: str, account: str) -> Frame:
        return self.framed


class Bench:
    def __init__(self, loop: VirtualLoop) -> None:
        self.front: Any = Front()
        self.faults = Scripted()
        delay = Latency(20.0)
        clock = VirtualClock(loop)
        self.line = Line("one", self.front, clock, random.Random(1), self.faults, there=delay, back=delay)
        self.lost: list[str] = []
        self.line.on_lost = self.lost.append
        self.network = Network(self.line)

    def post(self) -> Coroutine[Any, Any, Any]:
        return self.network.ask("POST", ORDER, data=b"a=1", headers={"X-Key": "k"}, timeout=TIMEOUT)


Story = Callable[[Bench], Coroutine[Any, Any, None]]


def play(story: Story) -> None:
    loop = VirtualLoop(0)
    try:
        loop.run_until_complete(story(Bench(loop)))
    finally:
        loop.close()


def test_a_request_takes_its_time_both_ways_and_arrives_byte_for_byte() -> None:
    async def story(bench: Bench) -> None:
        answer = await bench.post()
        assert (answer.status, await answer.text()) == (200, "{}")
        assert asyncio.get_running_loop().time() == pytest.approx(0.04)
        (request,) = bench.front.requests
        assert (request.path, request.query, request.body) == ("/fapi/v1/order", "symbol=BTCUSDT", b"a=1")
        assert request.headers == {"x-key": "k"}

    play(story)


def test_an_order_that_is_lost_is_nowhere_and_its_client_waits_in_vain() -> None:
    async def story(bench: Bench) -> None:
        bench.faults.fate = Fate(lost=True)
        errand.set(Errand("ck1", cancel=False))
        with pytest.raises(TimeoutError):
            await bench.post()
        assert not bench.front.requests
        assert bench.lost == ["ck1"]

    play(story)


def test_a_request_goes_on_without_whoever_gave_it_up() -> None:
    async def story(bench: Bench) -> None:
        bench.faults.fate = Fate(late_ns=3_000_000_000)
        errand.set(Errand("ck1", cancel=False))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await bench.post()
        assert not bench.front.requests
        assert not bench.line.nowhere("ck1")
        await asyncio.sleep(5.0)
        assert len(bench.front.requests) == 1

    play(story)


def test_an_order_that_reached_the_book_is_not_lost_though_its_answer_is() -> None:
    async def story(bench: Bench) -> None:
        reached: list[str] = []
        taken = bench.front.http

        async def http(request: HttpRequest) -> HttpAnswer | None:
            reached.append(bench.line.reach("autoid-9"))
            return HttpAnswer.json(await taken(request) is not None)

        bench.front.http = http
        bench.faults.fate = Fate(answer_lost=True)
        errand.set(Errand("ck1", cancel=False))
        with pytest.raises(TimeoutError):
            await bench.post()
        assert reached == ["ck1"]
        assert bench.line.arrived == {"autoid-9": "ck1"}
        assert bench.lost == []
        errand.set(Errand("ck1", cancel=True))
        assert bench.line.reach("autoid-10") == ""

    play(story)


def test_in_an_outage_connections_are_cut() -> None:
    async def story(bench: Bench) -> None:
        bench.front.outage = True
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.post()
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.network.ws_connect("ws://x.test/ws")

    play(story)


def test_with_the_process_everything_of_it_is_gone() -> None:
    async def story(bench: Bench) -> None:
        socket = await bench.network.ws_connect("ws://x.test/ws?a=b", headers={"H": "v"})
        (session,) = bench.front.sessions
        assert (session.path, session.query, session.headers) == ("/ws", "a=b", {"h": "v"})
        bench.network.die()
        session.send("nobody hears this")
        assert (await socket.receive()).type is WSMsgType.CLOSED
        assert (await socket.receive()).type is WSMsgType.CLOSED
        with pytest.raises(ConnectionResetError):
            await socket.send_str("nor this")
        with pytest.raises(aiohttp.ClientConnectionError):
            await bench.post()
        await asyncio.sleep(1.0)
        assert not bench.front.sessions
        assert not bench.front.requests

    play(story)


def test_frames_keep_their_order_unless_one_is_late() -> None:
    async def story(bench: Bench) -> None:
        socket = await bench.network.ws_connect("ws://x.test/ws")
        (session,) = bench.front.sessions
        await socket.send_str("first")
        await socket.send_str("second")
        session.send("a")
        bench.faults.framed = Frame(late_ns=100_000_000)
        session.send("b")
        bench.faults.framed = Frame(again_ns=(500_000_000,))
        session.send("c")
        bench.faults.framed = Frame(lost=True)
        session.send("d")
        assert [(await socket.receive()).data for _ in range(4)] == ["a", "c", "b", "c"]
        assert bench.front.texts == ["first", "second"]

    play(story)


def test_a_silent_socket_answers_no_ping_and_a_close_is_told() -> None:
    async def story(bench: Bench) -> None:
        socket = await bench.network.ws_connect("ws://x.test/ws")
        (session,) = bench.front.sessions
        await socket.ping()
        assert (await socket.receive()).type is WSMsgType.PONG
        session.silent = True
        await socket.ping()
        session.send("x")
        session.close(GOING_AWAY)
        message = await socket.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, GOING_AWAY)
        other = await bench.network.ws_connect("ws://x.test/ws")
        bench.front.sessions[0].close(ABNORMAL)
        assert (await other.receive()).type is WSMsgType.CLOSED
        assert not bench.front.sessions

    play(story)


def test_the_venues_own_words_stand_in_before_or_after_the_effect() -> None:
    struck: list[Fault] = []
    rates = {Fault.ERROR_AFTER: 1.0}
    gate = AdapterGate("one", random.Random(1), rates, lambda: 7, lambda _account, kind, _what: struck.append(kind))
    words = HttpAnswer(503, b"sorry")
    order = HttpRequest("POST", "/fapi/v1/order")
    faults = WireFaults(gate, random.Random(1), lambda _fault, request: words if request is order else None)
    assert faults.request(order, "ck1", cancel=False) == Fate(instead=words, effect=True)
    assert faults.request(HttpRequest("GET", "/fapi/v1/time"), "", cancel=False) == Fate()
    assert struck == [Fault.ERROR_AFTER]
    assert gate.disturbed_ts == 7
    gate.rates = {Fault.ERROR_BEFORE: 1.0}
    assert faults.request(order, "ck1", cancel=False) == Fate(instead=words, effect=False)


def test_an_order_may_be_hushed_up_altogether() -> None:
    gate = AdapterGate("one", random.Random(1), {Fault.ACK_LOST: 1.0}, lambda: 7, lambda *_struck: None)
    faults = WireFaults(gate, random.Random(1), lambda _fault, _request: None)
    faults.arrived = {f"0x{number}": f"ck{number}" for number in range(20)}
    order = HttpRequest("POST", "/exchange")
    assert all(faults.request(order, f"ck{number}", cancel=False).answer_lost for number in range(20))
    told = [faults.frame(f'{{"channel":"orderUpdates","cloid":"0x{number}"}}', "one").lost for number in range(20)]
    assert {True, False} == set(told)
    assert not faults.frame('{"channel":"l2Book"}', "one").lost
    assert not faults.frame('{"channel":"orderUpdates","cloid":"0x7777"}', "").lost
