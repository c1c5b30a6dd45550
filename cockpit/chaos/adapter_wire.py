"""The network between ccxt and a served exchange, in memory and in virtual time: what stands where ccxt has its aiohttp
session. Requests and frames take their time, and are lost, late, doubled or answered wrongly as the seed says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import aiohttp
import msgspec
import yarl

from cockpit.chaos.adapter_faults import WireFaults, trades
from cockpit.chaos.adapter_socket import Dial
from venues.model import NS_PER_S, Clock
from venues.paper.latency import Latency, Timers
from venues.served.dialect import HttpAnswer, HttpRequest
from venues.served.front import Front


class Errand(msgspec.Struct, frozen=True):
    """What the desk asked of the adapter: an order or a cancel, by our client order id."""

    client_order_id: str
    cancel: bool


errand: ContextVar[Errand | None] = ContextVar("cockpit.chaos.errand", default=None)
"""Travels with the adapter's task, its requests, and the served exchange's work on them."""


class Line:
    """One account's way to its venue; it outlives the desks that use it."""

    def __init__(
        self,
        account: str,
        front: Front,
        clock: Clock,
        rng: random.Random,
        faults: WireFaults,
        *,
        there: Latency,
        back: Latency,
    ) -> None:
        self.account = account
        self.front = front
        self.faults = faults
        self.timers = Timers(clock)
        self.rng = rng
        self.there = there
        self.back = back
        self.on_lost: Callable[[str], None] = lambda _client_order_id: None
        """An order is neither at the venue nor under way any more, by our client order id."""
        self.arrived: dict[str, str] = {}
        """The venue's name of each order that reached the exchange, to ours."""
        faults.arrived = self.arrived
        self.reached: set[str] = set()
        """Our ids of those."""
        self._under_way: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def wait(self, ns: int) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.timers.after(ns, lambda: None if done.done() else done.set_result(None))
        try:
            await done
        finally:
            timer.cancel()

    def reach(self, venue_id: str) -> str:
        """An order has reached the exchange under the venue's name; returns ours, "" for nobody's."""
        known = errand.get()
        if known is None or known.cancel:
            return ""
        self.arrived[venue_id] = known.client_order_id
        self.reached.add(known.client_order_id)
        return known.client_order_id

    def nowhere(self, client_order_id: str) -> bool:
        """Neither at the exchange nor on its way there."""
        return client_order_id not in self.reached and not self._under_way.get(client_order_id)

    def send(self, request: HttpRequest, answer: asyncio.Future[HttpAnswer | None]) -> None:
        """From here on the request goes its way, whoever waits for it. `answer` is None where the connection is cut,
        and never done where nothing ever comes back."""
        known = errand.get()
        places = known is not None and not known.cancel and trades(request)
        name = known.client_order_id if known is not None and places else ""
        if name:
            self._under_way[name] = self._under_way.get(name, 0) + 1
        task = asyncio.get_running_loop().create_task(self._carry(request, known, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if name:
            task.add_done_callback(lambda _task: self._carried(name))

    async def close(self) -> None:
        """Nothing is under way any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _carried(self, name: str) -> None:
        self._under_way[name] -= 1
        if self.nowhere(name):
            self.on_lost(name)

    async def _carry(
        self, request: HttpRequest, known: Errand | None, answer: asyncio.Future[HttpAnswer | None]
    ) -> None:
        fate = self.faults.request(request, known.client_order_id if known else "", cancel=bool(known and known.cancel))
        await self.wait(self.there.draw_ns(self.rng) + fate.late_ns)
        if fate.lost:
            return
        told: HttpAnswer | None
        if fate.instead is not None and not fate.effect:
            told = fate.instead
        else:
            told = await self.front.http(request)
            if told is None and not self.front.refused():
                return
            if fate.instead is not None and told is not None:
                told = fate.instead
        if fate.answer_lost:
            return
        asyncio.get_running_loop().call_later(
            (self.back.draw_ns(self.rng) + fate.answer_late_ns) / NS_PER_S,
            lambda: None if answer.done() else answer.set_result(told),
        )


class Answer:
    """What ccxt reads of an aiohttp response."""

    def __init__(self, told: HttpAnswer) -> None:
        self.status = told.status
        self.reason = "OK" if told.status < 400 else "Error"
        self.headers = {"Content-Type": told.content_type, **told.headers}
        self.content = told.body

    async def text(self, errors: str = "strict") -> str:
        return self.content.decode("utf-8", errors)


class _Asking:
    """`async with session.get(...) as response`."""

    def __init__(self, network: Network, method: str, url: yarl.URL, **options: Any) -> None:
        self._network = network
        self._method = method
        self._url = url
        self._options = options

    async def __aenter__(self) -> Answer:
        return await self._network.ask(self._method, self._url, **self._options)

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is held open."""


class Network:
    """One desk's session: it dies with the desk. `Any`: ccxt hands over what aiohttp takes."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.headers: dict[str, str] = {}
        """Sent with every request."""
        self.dead = False
        self.dials: list[Dial] = []

    def die(self) -> None:
        """As kill -9: nothing leaves and nothing comes from here on; what is under way goes on alone."""
        self.dead = True
        for dial in self.dials:
            dial.cut()

    def get(self, url: yarl.URL, **options: Any) -> _Asking:
        return _Asking(self, "GET", url, **options)

    def post(self, url: yarl.URL, **options: Any) -> _Asking:
        return _Asking(self, "POST", url, **options)

    def put(self, url: yarl.URL, **options: Any) -> _Asking:
        return _Asking(self, "PUT", url, **options)

    def delete(self, url: yarl.URL, **options: Any) -> _Asking:
        return _Asking(self, "DELETE", url, **options)

    async def ask(
        self,
        method: str,
        url: yarl.URL,
        *,
        data: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: aiohttp.ClientTimeout,
        proxy: object = None,
    ) -> Answer:
        """Raises what aiohttp would: `TimeoutError`, `ClientConnectionError`."""
        if self.dead:
            raise aiohttp.ClientConnectionError("the process is gone")
        body, kind = await _body(data)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        if kind:
            named.setdefault("content-type", kind)
        answer: asyncio.Future[HttpAnswer | None] = asyncio.get_running_loop().create_future()
        self._line.send(HttpRequest(method, url.raw_path, url.raw_query_string, named, body), answer)
        async with asyncio.timeout(timeout.total):
            told = await answer
        if told is None or self.dead:
            raise aiohttp.ClientConnectionError("the connection was cut")
        return Answer(told)

    def ws_connect(self, url: str, *, headers: Mapping[str, str] | None = None, **_options: Any) -> Dial:
        dial = Dial(self, self._line, yarl.URL(url), {name.lower(): value for name, value in (headers or {}).items()})
        self.dials = [known for known in self.dials if not known.closed]
        self.dials.append(dial)
        return dial

    async def close(self) -> None:
        """Sockets are closed one by one by ccxt."""


async def _body(data: object) -> tuple[bytes, str]:
    """The bytes of a body and their content type."""
    if data is None:
        return b"", ""
    if isinstance(data, bytes):
        return data, ""
    if isinstance(data, aiohttp.FormData):
        payload = data()
        return await payload.as_bytes(), payload.headers["Content-Type"]
    raise TypeError(f"body is a {type(data).__name__}: expected bytes or a form")
