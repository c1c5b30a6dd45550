"""A websocket that keeps itself up: it dials, pings, notices silence, and dials again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from picows import WSAutoPingStrategy, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

CONNECT_S = 10.0
PING_S = 20.0
PONG_S = 10.0
"""A peer that is gone without a word is noticed after the two together, if silence does not tell sooner."""
LOOKS = 4
"""How often silence is looked for in the time that is too long."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.25, 30.0
STABLE_S = 30.0
"""A connection that stood for so long was a good one: after it the delays before dialling start from the first."""
MAX_FRAME = 10 << 20


class Ears(Protocol):
    """Whom a `FrameSocket` tells. All calls are on the event loop's thread."""

    def on_open(self) -> None: ...

    def on_frame(self, frame: memoryview | bytes) -> None:
        """One whole text message; a view of it is good until this returns."""
        ...

    def on_drained(self) -> None:
        """All messages that had arrived by now have been told: the moment to show what they changed."""
        ...

    def on_closed(self, text: str) -> None:
        """The connection ended, or did not come about; it is dialled again by itself."""
        ...


class FrameSocket:
    """Connect with `run`. Jitter of the delays is from `rng`; time is the event loop's."""

    def __init__(
        self,
        url: str,
        ears: Ears,
        *,
        rng: random.Random,
        silence_s: float,
        keepalive: bytes = b"",
        keepalive_s: float = 0.0,
    ) -> None:
        """`keepalive` is a message to be sent every `keepalive_s` seconds, where the venue wants one."""
        self.url = url
        self._ears = ears
        self._rng = rng
        self._silence_s = silence_s
        self._keepalive = keepalive
        self._keepalive_s = keepalive_s
        self._session: _Session | None = None

    @property
    def is_open(self) -> bool:
        return self._session is not None

    def send(self, text: bytes) -> None:
        """One text message; nothing happens while the connection is down (`on_open` says when to ask again)."""
        if self._session is not None:
            self._session.send(text)

    def cut(self, text: str) -> None:
        """End this connection for what `text` says; another is dialled."""
        if self._session is not None:
            self._session.cut(text)

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            text = await self._once()
            self._ears.on_closed(text)
            failures = 1 if loop.time() - began >= STABLE_S else failures + 1
            await asyncio.sleep(self._delay(failures))

    def _delay(self, failures: int) -> float:
        """Doubled with each failure, and of that between half and all: many clients must not come back as one."""
        whole = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - 1, 16))
        return whole * (0.5 + self._rng.random() / 2)

    async def _once(self) -> str:
        """One connection from first to last; why it ended."""
        session = _Session(self._ears, self._silence_s, self._opened)
        try:
            async with asyncio.timeout(CONNECT_S):
                transport, _ = await ws_connect(
                    lambda: session,
                    self.url,
                    websocket_handshake_timeout=CONNECT_S,
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=PING_S,
                    auto_ping_reply_timeout=PONG_S,
                    auto_ping_strategy=WSAutoPingStrategy.PING_PERIODICALLY,
                    max_frame_size=MAX_FRAME,
                )
        except TimeoutError:
            return f"no connection within {CONNECT_S:g} s"
        except (OSError, WSError) as error:
            return f"no connection: {error}"
        else:
            return await _ended(transport, session)
        finally:
            # also where we are cancelled while a connection is half made
            self._session = None
            session.end()

    def _opened(self, session: _Session) -> None:
        self._session = session
        session.start(self._keepalive, self._keepalive_s)
        self._ears.on_open()


async def _ended(transport: WSTransport, session: _Session) -> str:
    try:
        await transport.wait_disconnected()
    except WSError as error:
        return session.why or f"broken frames: {error}"
    return session.why or "closed by the venue"


class _Session(WSListener):
    """One connection."""

    def __init__(self, ears: Ears, silence_s: float, opened: Callable[[_Session], None]) -> None:
        self.why = ""
        self._opened = opened
        self._ears = ears
        self._loop = asyncio.get_running_loop()
        self._silence_s = silence_s
        self._heard = self._loop.time()
        self._parts: bytearray | None = None
        self._transport: WSTransport | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self, keepalive: bytes, keepalive_s: float) -> None:
        self._heard = self._loop.time()
        self._watch()
        if keepalive:
            self._keep_alive_later(keepalive, keepalive_s)

    def end(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def send(self, text: bytes) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, text)

    def cut(self, text: str) -> None:
        self.why = self.why or text
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # -- picows --------------------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY or kind is WSMsgType.CONTINUATION:
            self._heard = self._loop.time()
            if frame.fin and self._parts is None and kind is not WSMsgType.CONTINUATION:
                self._ears.on_frame(frame.get_payload_as_memoryview())
            else:
                self._gather(frame, first=kind is not WSMsgType.CONTINUATION)
        elif kind is WSMsgType.CLOSE:
            self.why = self.why or f"closed by the venue ({frame.get_close_code().value})"
            transport.disconnect()
        if frame.last_in_buffer:
            self._ears.on_drained()

    def _gather(self, frame: WSFrame, *, first: bool) -> None:
        """A message in several frames; rare enough to be copied."""
        if first is not (self._parts is None):
            self.cut("broken frames: a message began or went on out of turn")
            return
        parts = self._parts = bytearray() if self._parts is None else self._parts
        if len(parts) + frame.payload_size > MAX_FRAME:
            self.cut(f"a message of more than {MAX_FRAME >> 20} MB")
            return
        parts += frame.get_payload_as_memoryview()
        if frame.fin:
            self._parts = None
            self._ears.on_frame(bytes(parts))

    # -- timers --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        silent = self._loop.time() - self._heard
        if silent >= self._silence_s:
            self.cut(f"silent for {silent:.0f} s")
            return
        self._timers["watch"] = self._loop.call_later(self._silence_s / LOOKS, self._watch)

    def _keep_alive_later(self, message: bytes, every_s: float) -> None:
        self._timers["keepalive"] = self._loop.call_later(every_s, self._keep_alive, message, every_s)

    def _keep_alive(self, message: bytes, every_s: float) -> None:
        self._keep_alive_later(message, every_s)
        self.send(message)
