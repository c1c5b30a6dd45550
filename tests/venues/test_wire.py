"""Frames: whole whatever the chunks, and no peer can make us hold more than a frame."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.wire import MAX_FRAME, FrameError, FrameSplitter, frame


@given(st.lists(st.binary(max_size=64), max_size=8), st.data())
def test_frames_come_whole_however_the_stream_is_cut(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, payloads))
    splitter = FrameSplitter()
    out: list[bytes] = []
    at = 0
    while at < len(stream):
        step = data.draw(st.integers(1, len(stream) - at))
        out += splitter.feed(stream[at : at + step])
        at += step
    assert out == payloads


def test_a_length_over_the_limit_is_refused_before_anything_is_held() -> None:
    with pytest.raises(FrameError, match="over the limit"):
        FrameSplitter().feed(struct.pack(">I", MAX_FRAME + 1))


def test_we_do_not_send_what_a_peer_would_refuse() -> None:
    with pytest.raises(FrameError, match="over the limit"):
        frame(bytes(MAX_FRAME + 1))
