"""A websocket of the in-memory network: what ccxt has of aiohttp's, frames in order in each direction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import yarl
from aiohttp import WSMessage, WSMsgType

from venues.paper.latency import Stream
from venues.served.dialect import ABNORMAL, WsSession

if TYPE_CHECKING:
    from cockpit.chaos.adapter_wire import Line, Network


class Dial:
    """One socket, from its dialling on. `_conn` is what ccxt looks at for frames that wait: there are none beside
    `receive`."""

    _conn: None = None

    def __init__(self, network: Network, line: Line, url: yarl.URL, headers: Mapping[str, str]) -> None:
        self.closed = False
        self._network = network
        self._line = line
        self._session = WsSession(url.raw_path, url.raw_query_string, headers, self._from_venue, self._cut_by_venue)
        self._out = Stream(line.timers)
        self._in = Stream(line.timers)
        self._frames: asyncio.Queue[WSMessage] = asyncio.Queue()
        self._open = False
        """Whether the venue knows of it."""

    async def __aenter__(self) -> Dial:
        await self._line.wait(self._line.there.draw_ns(self._line.rng) + self._line.back.draw_ns(self._line.rng))
        if self._network.dead or self._line.front.refused():
            self.closed = True
            raise aiohttp.ClientConnectionError("the connection was refused")
        self._open = True
        self._line.front.ws_open(self._session)
        return self

    def __await__(self) -> Generator[object, None, Dial]:
        return self.__aenter__().__await__()

    # -- ccxt's side ---------------------------------------------------------------------------------------------

    async def receive(self) -> WSMessage:
        if self.closed and self._frames.empty():
            return WSMessage(WSMsgType.CLOSED, None, None)
        return await self._frames.get()

    async def send_str(self, text: str) -> None:
        """Raises `ConnectionResetError` on a closed socket."""
        self._put(partial(self._line.front.ws_text, self._session, text))

    async def ping(self, data: bytes = b"") -> None:
        self._put(partial(self._pong, data))

    async def pong(self, data: bytes = b"") -> None:
        """Answers count for nothing here: no dialect pings below its own messages."""

    async def close(self, code: int = 1000) -> None:
        if not self.closed:
            self._end()
            self._line.timers.after(self._line.there.draw_ns(self._line.rng), self._hung_up)

    def cut(self) -> None:
        """The process is gone; the venue notices when the network tells it."""
        if not self.closed:
            self._end()
            self._line.timers.after(self._line.there.draw_ns(self._line.rng), self._hung_up)

    def _put(self, action: Callable[[], None]) -> None:
        if self.closed:
            raise ConnectionResetError("Cannot write to closing transport")
        self._out.put(self._line.there.draw_ns(self._line.rng), action)

    def _pong(self, data: bytes) -> None:
        if self._session.open and not self._session.silent:
            self._come(0, WSMessage(WSMsgType.PONG, data, None))

    def _end(self) -> None:
        self.closed = True
        self._in.clear()
        self._frames.put_nowait(WSMessage(WSMsgType.CLOSED, None, None))

    def _hung_up(self) -> None:
        if self._open:
            self._open = False
            self._line.front.ws_closed(self._session)

    # -- the venue's side ----------------------------------------------------------------------------------------

    def _from_venue(self, text: str) -> None:
        frame = self._line.faults.frame(text, self._session.account)
        message = WSMessage(WSMsgType.TEXT, text, None)
        if not frame.lost:
            self._come(frame.late_ns, message)
        for extra in frame.again_ns:
            delay = self._line.back.draw_ns(self._line.rng) + extra
            self._line.timers.after(delay, partial(self._hear, message))

    def _come(self, late_ns: int, message: WSMessage) -> None:
        delay = self._line.back.draw_ns(self._line.rng)
        if late_ns:
            # beside the line: what is sent behind it may come before it
            self._line.timers.after(delay + late_ns, partial(self._hear, message))
        else:
            self._in.put(delay, partial(self._hear, message))

    def _hear(self, message: WSMessage) -> None:
        if not self.closed:
            self._frames.put_nowait(message)

    def _cut_by_venue(self, code: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(self._hung_up)
        delay = self._line.back.draw_ns(self._line.rng)
        if code == ABNORMAL:
            self._in.clear()
            self._line.timers.after(delay, lambda: None if self.closed else self._end())
        else:
            self._in.put(delay, partial(self._hear, WSMessage(WSMsgType.CLOSE, code, None)))
