from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from venues.fast.capture_writer import CaptureWriter

STAMP = 1_723_161_255_030_314_667


@pytest.mark.parametrize("name", ["x.gz", "x.txt"])
def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        CaptureWriter(path)
    assert path.read_bytes() == b"precious"


def test_each_flush_is_whole_by_itself_and_they_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    writer = CaptureWriter(path)
    seen = []
    for number in range(3):
        writer.put(STAMP + number, b'{"n":%d}' % number)
        writer.flush()
        writer.flush()
        seen.append(gzip.decompress(path.read_bytes()))
    assert seen[0] == b'1723161255030314667 {"n":0}\n'
    assert seen[2].splitlines()[2] == b'1723161255030314669 {"n":2}'
    assert (writer.lines, writer.bytes) == (3, path.stat().st_size)
    writer.close()


def test_a_line_is_one_line_and_closing_writes_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    writer = CaptureWriter(path)
    writer.put(STAMP, b'{\n"a": 1}')
    assert path.read_bytes() == b""
    writer.close()
    writer.close()
    assert path.read_bytes() == b'1723161255030314667 { "a": 1}\n'


def test_much_at_once_is_written_before_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venues.fast.capture_writer.BATCH_BYTES", 100)
    path = tmp_path / "x.txt"
    writer = CaptureWriter(path)
    for _ in range(4):
        writer.put(STAMP, b"{}")
    assert path.stat().st_size == 0
    writer.put(STAMP, b"{}")
    assert path.stat().st_size == 5 * 23
    writer.close()
