"""Questions to the paper exchange: many over a client's connection, or one over a connection of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

import msgspec

from venues.model import VenueBusy, VenueError, VenueRejected, VenueUnavailable
from venues.paper.protocol import ENCODER, MALFORMED, SERVER_DECODER, Args, Failure, Refused, Request, Response, What
from venues.wire import FrameProtocol

ASK_TIMEOUT_S = 5.0
NOT_CONNECTED = "not connected"

T = TypeVar("T")


def failure_error(failure: Failure, text: str, code: str = "") -> VenueError:
    """The exception that a failure stands for: a definite no, or not knowing."""
    if failure in (Failure.REJECTED, Failure.MALFORMED):
        return VenueRejected(text, code)
    if failure is Failure.BUSY:
        return VenueBusy(text)
    return VenueUnavailable(text)


def _read(response: Response, decoder: msgspec.msgpack.Decoder[T]) -> T:
    if response.failure is not None:
        raise failure_error(response.failure, response.text, response.code)
    try:
        return decoder.decode(response.payload)
    except MALFORMED as error:
        raise VenueUnavailable(f"the exchange's answer does not read: {error}") from None


class Questions:
    """Numbers the requests of one account, and gives each answer to whoever asked for it."""

    def __init__(self, account: str, timeout: float) -> None:
        self._account = account
        self._timeout = timeout
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._last = 0

    async def ask(self, link: FrameProtocol | None, what: What, args: Args, decoder: msgspec.msgpack.Decoder[T]) -> T:
        """Send the request over `link` and wait. Raises `VenueUnavailable`, or `VenueRejected` on a no."""
        self._last += 1
        number = self._last
        if link is None or not link.send(ENCODER.encode(Request(number, what, args))):
            raise VenueUnavailable(f"{self._account}: {what}: {NOT_CONNECTED}")
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(self._timeout):
                response = await answer
        except TimeoutError:
            text = f"{self._account}: {what}: no answer within {self._timeout:g} s"
            raise VenueUnavailable(text) from None
        finally:
            self._waiting.pop(number, None)
        return _read(response, decoder)

    def on_response(self, response: Response) -> None:
        answer = self._waiting.get(response.id)
        if answer is not None and not answer.done():
            answer.set_result(response)

    def fail(self, reason: str) -> None:
        """No answer comes any more: let all who wait know."""
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(VenueUnavailable(f"{self._account}: {reason}"))


async def ask_once(
    path: Path,
    what: What,
    args: Args,
    decoder: msgspec.msgpack.Decoder[T],
    *,
    timeout: float = ASK_TIMEOUT_S,
) -> T:
    """Connect, ask, close. Raises `VenueUnavailable` where nobody answers at `path`, `VenueRejected` on a no."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Response] = loop.create_future()

    def on_frame(protocol: FrameProtocol, payload: bytes) -> None:
        if answer.done():
            return
        try:
            message = SERVER_DECODER.decode(payload)
        except MALFORMED as error:
            answer.set_exception(VenueUnavailable(f"{path}: not a paper exchange of this version: {error}"))
            return
        if isinstance(message, Refused):
            answer.set_exception(failure_error(message.failure, message.text))
        elif isinstance(message, Response):
            answer.set_result(message)

    def on_lost(protocol: FrameProtocol, error: Exception | None) -> None:
        if not answer.done():
            answer.set_exception(ConnectionError(str(error or "it hung up")))

    protocol: FrameProtocol | None = None
    try:
        async with asyncio.timeout(timeout):
            _, protocol = await loop.create_unix_connection(lambda: FrameProtocol(on_frame, on_lost), str(path))
            protocol.send(ENCODER.encode(Request(1, what, args)))
            response = await answer
    except (OSError, TimeoutError) as error:
        text = str(error) or f"no answer within {timeout:g} s"
        raise VenueUnavailable(f"no paper exchange answers at {path}: {text}") from None
    finally:
        answer.cancel()
        if protocol is not None:
            protocol.close()
    return _read(response, decoder)
