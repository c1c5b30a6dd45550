"""The log on a stream: whoever does not read it loses lines, and nobody waits."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cockpit.desk.alarms import Line
from cockpit.host.log_output import WAITING, LogOutput

TS = 1_763_683_200_000_000_000


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


def line(text: str, seq: int = 1) -> Line:
    return Line(seq, TS, "info", "desk", text)


def test_lines_come_out_in_order_and_whole(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    output = LogOutput(writer)
    output.line(line("Extended und Lighter: 磨损 0.01 bps"))
    output.line(Line(2, TS, "warning", "L1", "paused"))
    output.close()
    assert os.read(reader, 10_000).decode().splitlines() == [
        "2025-11-21T00:00:00Z info    desk: Extended und Lighter: 磨损 0.01 bps",
        "2025-11-21T00:00:00Z warning L1: paused",
    ]


def test_a_pipe_that_nobody_reads_costs_lines_and_no_time(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    output = LogOutput(writer)
    text = "x" * 1_000
    for number in range(WAITING * 2):
        output.line(line(f"{number} {text}"))
    output.close(timeout=0.01)
    assert output._thread.is_alive(), "it still waits for a reader"
    assert f"desk: 0 {text}\n".encode() in os.read(reader, 1_000_000)
    os.close(reader)
    output.close(timeout=30)
    assert not output._thread.is_alive()


def test_a_pipe_that_is_broken_is_no_trouble(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    output = LogOutput(writer)
    output.line(line("nobody hears this"))
    output.line(line("nor this"))
    output.close(timeout=30)
    assert not output._thread.is_alive()
