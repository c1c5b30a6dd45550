"""Frames on a stream socket: a four-byte big-endian length, then one msgpack value.

Both sockets of the project speak it: the desk's link and the embedded paper exchange.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

MAX_FRAME = 16 * 1024 * 1024
"""Longest frame accepted, bytes; a longer one is a broken or hostile peer."""

_HEADER = struct.Struct(">I")


class FrameError(ConnectionError):
    """The peer sent something that is not a frame; the connection is closed."""


def frame(payload: bytes) -> bytes:
    """`payload` with its length before it."""
    if len(payload) > MAX_FRAME:
        raise FrameError(f"a frame of {len(payload)} bytes is over the limit of {MAX_FRAME}")
    return _HEADER.pack(len(payload)) + payload


class FrameSplitter:
    """Cuts a byte stream into frames, whatever the chunks."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete now. Raises `FrameError` on a length over the limit."""
        buffer = self._buffer
        if not buffer and len(data) >= 4:
            (length,) = _HEADER.unpack_from(data)
            if length == len(data) - 4 and length <= MAX_FRAME:
                return [data[4:]]  # one whole frame, as most reads are: nothing to gather
        buffer += data
        frames: list[bytes] = []
        at, end = 0, len(buffer)
        while end - at >= 4:
            (length,) = _HEADER.unpack_from(buffer, at)
            if length > MAX_FRAME:
                raise FrameError(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
            if end - at - 4 < length:
                break
            frames.append(bytes(buffer[at + 4 : at + 4 + length]))
            at += 4 + length
        if at:
            del buffer[:at]
        return frames


class FrameProtocol(asyncio.Protocol):
    """An asyncio protocol that hands on whole frames and says when the peer has gone."""

    def __init__(
        self,
        on_frame: Callable[[FrameProtocol, bytes], None],
        on_lost: Callable[[FrameProtocol, Exception | None], None],
        on_made: Callable[[FrameProtocol], None] | None = None,
    ) -> None:
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._on_made = on_made
        self._splitter = FrameSplitter()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, for uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        if self._on_made is not None:
            self._on_made(self)

    def data_received(self, data: bytes) -> None:
        try:
            frames = self._splitter.feed(data)
        except FrameError as error:
            self.abort(error)
            return
        for payload in frames:
            self._on_frame(self, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost(self, exc)

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def backlog(self) -> int:
        """Bytes written but not yet taken by the socket."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, payload: bytes) -> bool:
        """Write one frame at once; False where the peer has gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        transport.write(frame(payload))
        return True

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self, error: Exception | None = None) -> None:
        """Cut the connection; `error` is told to whoever listens."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
            self._on_lost(self, error)
            self._on_lost = _ignore


def _ignore(_protocol: FrameProtocol, _error: Exception | None) -> None:
    """A connection that was aborted has already been reported lost."""
