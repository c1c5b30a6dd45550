"""Carries a `Front` over real sockets: aiohttp on the loopback interface, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from aiohttp import WSCloseCode, WSMsgType, web

from venues.served.dialect import ABNORMAL, HttpAnswer, HttpRequest, WsSession
from venues.served.front import Front

HOST = "127.0.0.1"
MAX_BODY = 1 << 20
MAX_MESSAGE = 1 << 20
MAX_UNSENT = 20_000
"""Frames that may wait for a client that reads slowly; one more, and it is cut off."""
CLOSE_WAIT_S = 2.0


class ServedServer:
    """HTTP and websocket on one port. Raises `OSError` from `start` where the port cannot be had."""

    def __init__(self, front: Front, port: int) -> None:
        """`port` 0: a free one, known after `start`."""
        self.port = port
        self._front = front
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}{self._front.dialect.ws_path}"

    async def start(self) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=CLOSE_WAIT_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            self._runner = None
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Cut every connection, stop listening."""
        self._stopping.set()
        for session in list(self._front.sessions):
            session.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        # bytes that are no text come as surrogates, which no answer could repeat
        path, _, query = request.raw_path.encode("utf-8", "replace").decode().partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("upgrade", "").lower() == "websocket":
            return await self._websocket(request, path, query, headers)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text=f"body: expected at most {MAX_BODY} bytes")
        answer = await self._front.http(HttpRequest(request.method, path, query, headers, body))
        if answer is None:
            return await self._no_answer(request)
        return _response(answer)

    async def _no_answer(self, request: web.Request) -> web.StreamResponse:
        """Leave the client waiting until it gives up; cut it at once in an outage."""
        if not self._front.refused():
            await self._stopping.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _websocket(
        self, request: web.Request, path: str, query: str, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        if self._front.refused():
            return await self._no_answer(request)
        socket = web.WebSocketResponse(
            autoping=False, autoclose=True, compress=False, max_msg_size=MAX_MESSAGE, timeout=CLOSE_WAIT_S
        )
        await socket.prepare(request)
        line = _Line(request, socket)
        session = WsSession(path, query, headers, line.send, line.close)
        writer = asyncio.get_running_loop().create_task(line.write())
        try:
            self._front.ws_open(session)
            await self._read(socket, session)
        finally:
            self._front.ws_closed(session)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _read(self, socket: web.WebSocketResponse, session: WsSession) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._front.ws_text(session, message.data)
            elif message.type is WSMsgType.PING and not session.silent:
                await socket.pong(message.data)
            elif message.type is WSMsgType.BINARY:
                session.close(WSCloseCode.UNSUPPORTED_DATA)


class _Line:
    """Frames on their way to one client."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._request = request
        self._socket = socket
        self._frames: asyncio.Queue[str | int] = asyncio.Queue()

    def send(self, text: str) -> None:
        if self._frames.qsize() >= MAX_UNSENT:
            self._abort()
            return
        self._frames.put_nowait(text)

    def close(self, code: int) -> None:
        if code == ABNORMAL:
            self._abort()
        else:
            self._frames.put_nowait(code)

    async def write(self) -> None:
        while True:
            frame = await self._frames.get()
            try:
                if isinstance(frame, int):
                    await self._socket.close(code=frame)
                    return
                await self._socket.send_str(frame)
            except (ConnectionError, RuntimeError):
                # the client went while we wrote; the reader notices by itself
                return

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()


def _response(answer: HttpAnswer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )
