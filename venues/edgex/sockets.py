"""edgeX's websockets: one for public depth, one for the account; each redials by itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from random import Random

import aiohttp

from venues.edgex.sdk import Raw
from venues.model import Clock
from venues.model.clock import NS_PER_MS
from venues.model.secret import Secret

PUBLIC_PATH = "/api/v1/public/ws"
PRIVATE_PATH = "/api/v1/private/ws"
SILENCE_S = 60.0
"""The venue pings every few seconds; a socket that has said nothing for so long is dead."""
REDIAL_FIRST_S = 0.5
REDIAL_MAX_S = 30.0


def login_headers(credentials: Mapping[str, Secret], path: str, query: str, now_ms: int) -> dict[str, str]:
    """What opens the private socket: HMAC-SHA256 over time, method, path and query, keyed with the secret in base64."""
    key = base64.b64encode(credentials["secret"].reveal().encode())
    signature = hmac.new(key, f"{now_ms}GET{path}{query}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-edgeX-Api-Key": credentials["apiKey"].reveal(),
        "X-edgeX-Passphrase": credentials["password"].reveal(),
        "X-edgeX-Signature": signature,
        "X-edgeX-Timestamp": str(now_ms),
    }


class Socket:
    """One websocket that lives until it is cancelled. `heard` gets every message but pings; `up` tells when it opens
    (True) and when it is lost (False, why)."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        clock: Clock,
        rng: Random,
        *,
        heard: Callable[[Raw], None],
        up: Callable[[bool, str], None],
        headers: Callable[[int], tuple[str, dict[str, str]]],
    ) -> None:
        """`headers` makes (query, headers) of a dial out of the time in ms."""
        self._session = session
        self._url = url
        self._clock = clock
        self._rng = rng
        self._heard = heard
        self._up = up
        self._headers = headers
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._retry = asyncio.Event()

    async def run(self) -> None:
        """Dial, listen, dial again. Never returns on its own."""
        delay = REDIAL_FIRST_S
        while True:
            reason = "closed by the venue"
            try:
                query, headers = self._headers(self._clock.now_ns() // NS_PER_MS)
                async with self._session.ws_connect(f"{self._url}?{query}", headers=headers) as ws:
                    self._ws = ws
                    self._up(True, "")
                    delay = REDIAL_FIRST_S
                    await self._listen(ws)
            except TimeoutError:
                reason = f"silent for {SILENCE_S:.0f} s"
            except (aiohttp.ClientError, OSError) as error:
                # the text of a handshake error holds the address with its query; its kind is enough
                reason = type(error).__name__
            finally:
                self._ws = None
            self._up(False, reason)
            await self._pause(delay * (0.5 + self._rng.random()))
            delay = min(delay * 2, REDIAL_MAX_S)

    async def send(self, message: Raw) -> None:
        """Send where the socket is open; a lost one is subscribed anew when it opens."""
        if self._ws is not None and not self._ws.closed:
            await self._ws.send_str(json.dumps(message))

    async def drop(self) -> None:
        """Close the socket; `run` dials anew."""
        if self._ws is not None:
            await self._ws.close()

    async def _listen(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await asyncio.wait_for(ws.receive(), SILENCE_S)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return
            try:
                raw = json.loads(message.data, parse_float=str)
            except (ValueError, RecursionError):
                raise ConnectionError("a message was no JSON") from None
            if not isinstance(raw, dict):
                continue
            if raw.get("type") == "ping":
                await ws.send_str(json.dumps({"type": "pong", "time": raw.get("time", "")}))
                continue
            self._heard(raw)

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._retry.clear()
        timer = loop.call_later(seconds, self._retry.set)
        try:
            await self._retry.wait()
        finally:
            timer.cancel()
