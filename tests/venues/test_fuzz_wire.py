"""Bytes that are no frames: refused by their length, or waited for, and never more held than was sent."""

from __future__ import annotations

import struct

from hypothesis import example, given
from hypothesis import strategies as st

from tests.property_kit import tries
from venues.wire import MAX_FRAME, FrameError, FrameProtocol, FrameSplitter, frame

lengths = st.integers(0, 2**32 - 1) | st.integers(0, 20) | st.sampled_from([MAX_FRAME, MAX_FRAME + 1, 2**32 - 1])
pieces = st.binary(max_size=30) | st.tuples(lengths, st.binary(max_size=30)).map(
    lambda pair: struct.pack(">I", pair[0]) + pair[1]
)


def by_hand(stream: bytes) -> tuple[list[bytes], bool]:
    """(frames, whether a length over the limit ends it), read the plain way."""
    out = []
    at = 0
    while at + 4 <= len(stream):
        (length,) = struct.unpack_from(">I", stream, at)
        if length > MAX_FRAME:
            return out, True
        if at + 4 + length > len(stream):
            break
        out.append(stream[at + 4 : at + 4 + length])
        at += 4 + length
    return out, False


@tries(200)
@given(st.lists(pieces | st.binary(max_size=30).map(frame), max_size=8))
@example([b"\x00", b"\x00\x00", b"\x01a", b"\xff\xff\xff\xff"])
@example([frame(b"ab") + struct.pack(">I", 2**32 - 1)])
def test_any_bytes_are_frames_or_refused(chunks: list[bytes]) -> None:
    splitter = FrameSplitter()
    out: list[bytes] = []
    refused = False
    for chunk in chunks:
        try:
            out += splitter.feed(chunk)
        except FrameError as error:
            words = str(error)
            assert "over the limit" in words
            refused = True
            break
    expected, too_long = by_hand(b"".join(chunks))
    assert refused == too_long
    # What came in the very chunk that broke off is not handed on.
    assert out == expected[: len(out)]
    assert refused or out == expected


class FakeTransport:
    """Counts what is done to it."""

    def __init__(self) -> None:
        self.aborted = 0

    def abort(self) -> None:
        self.aborted += 1

    def is_closing(self) -> bool:
        return bool(self.aborted)


@tries(100)
@given(st.lists(pieces, max_size=8))
@example([struct.pack(">I", 2**32 - 1), frame(b"late")])
def test_a_connection_is_cut_once_and_told_lost_once(chunks: list[bytes]) -> None:
    got: list[bytes] = []
    lost: list[Exception | None] = []
    protocol = FrameProtocol(lambda _p, payload: got.append(payload), lambda _p, error: lost.append(error))
    transport = FakeTransport()
    protocol.connection_made(transport)  # type: ignore[arg-type]  # all that is used of a transport
    for chunk in chunks:
        if transport.aborted:
            break
        protocol.data_received(chunk)
    expected, too_long = by_hand(b"".join(chunks))
    assert transport.aborted == too_long == len(lost)
    assert got == expected[: len(got)]
    protocol.connection_lost(None)
    assert len(lost) == 1
