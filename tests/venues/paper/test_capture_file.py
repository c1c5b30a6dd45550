"""Captures that cannot be read: each says which file, which line and what was wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.venues.paper.capture_kit import T0, Lines, replay, usdm
from venues.paper.capture import CaptureError, CaptureMarket
from venues.paper.capture_file import CaptureFile


def refused(path: Path) -> str:
    with pytest.raises(CaptureError) as caught:
        CaptureMarket(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.gz")


def test_a_folder(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_an_empty_file(tmp_path: Path, packed: bool) -> None:
    assert "is empty" in refused(Lines().write(tmp_path, packed=packed))


def test_a_text_file_names_line_and_form(tmp_path: Path) -> None:
    text = refused(Lines().raw("hello").write(tmp_path))
    assert "line 1" in text
    assert "'hello'" in text
    assert "local receive time" in text


@pytest.mark.parametrize(
    "line",
    [f"{T0} []", f"{T0} {{}}", f"{T0} {{", "17231612550 {}", f'{T0} {{"stream":"x@trade","data":{{"e":"trade"}}}}'],
)
def test_a_first_line_that_is_no_message(tmp_path: Path, line: str) -> None:
    assert "line 1" in refused(Lines().raw(line).write(tmp_path))


def test_a_first_message_with_a_field_missing(tmp_path: Path) -> None:
    text = refused(Lines().stream("depth", {"e": "depthUpdate", "U": 1}).write(tmp_path))
    assert "line 1" in text
    assert "`u`" in text


def test_a_capture_without_depth(tmp_path: Path) -> None:
    text = refused(Lines().ticker(1, ("1", "1"), ("2", "1")).write(tmp_path))
    assert "no depthUpdate" in text


def test_a_capture_without_a_size(tmp_path: Path) -> None:
    assert "tick and lot" in refused(Lines().diff(1, 2, 0, [("10", "0")]).write(tmp_path))


def test_two_symbols(tmp_path: Path) -> None:
    lines = Lines().diff(1, 2, 0, [("10", "1")])
    lines.symbol = "ETHUSDT"
    text = refused(lines.diff(1, 2, 0, [("10", "1")]).write(tmp_path))
    assert "ETHUSDT" in text
    assert "line 2" in text


def test_a_symbol_whose_quote_is_not_known(tmp_path: Path) -> None:
    assert "'BTCXYZ'" in refused(Lines("BTCXYZ").diff(1, 2, 0, [("10", "1")]).write(tmp_path))


def test_a_damaged_gzip(tmp_path: Path) -> None:
    path = usdm().write(tmp_path, packed=True)
    data = bytearray(path.read_bytes())
    data[12:30] = b"\xff" * 18
    path.write_bytes(data)
    assert "is damaged" in refused(path)


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venues.paper.capture_file._MAX_LINE", 1000)
    path = tmp_path / "long"
    path.write_bytes(b"1" * 5000)
    assert "not a capture" in refused(path)


def test_a_gzip_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    lines = usdm()
    for at in range(3000):
        lines.trade("100.00", f"0.{at % 997:03d}", buyer_maker=at % 3 == 0)
    path = lines.write(tmp_path, packed=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    market, _ = replay(path)
    assert market.stats.truncated
    assert 1000 < market.stats.trades < 3000
    assert market.stats.malformed <= 1


def test_progress_runs_from_the_bytes_taken_to_the_end(tmp_path: Path) -> None:
    path = usdm().write(tmp_path, packed=True)
    market, _ = replay(path)
    assert market.fraction_read == 1.0
    assert market.events_total is None
    file = CaptureFile(path)
    assert file.fraction_read == 0.0
    file.close()
    assert file.fraction_read == 1.0


def test_a_closed_market_has_ended(tmp_path: Path) -> None:
    market = CaptureMarket(usdm().write(tmp_path))
    market.close()
    assert market.next_ts() is None
    market.step()
    assert market.stats.depth == 0


def test_plain_and_gzipped_read_the_same(tmp_path: Path) -> None:
    lines = usdm().trade("100.10", "0.010", buyer_maker=False)
    plain, packed = lines.write(tmp_path, name="a"), lines.write(tmp_path, packed=True, name="b")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert replay(plain)[1].events == replay(packed)[1].events
