"""`cockpit record` as a process of its own, against the served paper exchange; what it wrote is replayed."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cockpit.cli import main
from venues.model import SystemClock
from venues.paper.capture_replay import CaptureReplay
from venues.paper.captures import open_capture
from venues.served.house import HouseSpec
from venues.served.registry import dialect_factory
from venues.served.serving import Serving

PATIENCE_S = 60.0


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async for url in _served("binanceusdm"):
        yield url


@pytest.fixture
async def lighter_url() -> AsyncIterator[str]:
    async for url in _served("lighter"):
        yield url


async def _served(dialect: str) -> AsyncIterator[str]:
    factory = dialect_factory(dialect)
    serving = Serving(factory, HouseSpec(venue=factory.venue, seed=3, event_rate=50.0), SystemClock())
    ready = await serving.start()
    yield ready.url
    await serving.stop()


class Verb:
    """One `cockpit` process."""

    def __init__(self, *args: str) -> None:
        self._args = args
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cockpit", *self._args, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        return self.process

    async def end(self) -> tuple[int, str, str]:
        process = self.process or await self.start()
        async with asyncio.timeout(PATIENCE_S):
            out, errors = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), errors.decode()


def record(url: str, *args: str) -> Verb:
    return Verb("record", "--venue", "binanceusdm", "--endpoint", url, *args)


def events(path: Path) -> CaptureReplay:
    """The capture, read to its end."""
    market = open_capture(path)
    while market.next_ts() is not None:
        market.step()
    return market


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def until_written(path: Path, size: int) -> None:
    """Poll the file: nobody tells when another process has written."""
    loop = asyncio.get_running_loop()
    late = loop.time() + PATIENCE_S
    while _size(path) < size:
        assert loop.time() < late, f"{path} does not grow"
        woken: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.05, woken.set_result, None)
        await woken


# -- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--venue", "bybit", "--symbols", "X"], "--venue: 'bybit' is not valid; expected binanceusdm or lighter"),
        (["--venue", "binanceusdm", "--symbols", " , "], "--symbols names no market"),
        (["--venue", "binanceusdm", "--symbols", "X", "--seconds", "0"], "--seconds is 0; expected above 0"),
        (["--venue", "binanceusdm", "--symbols", "X", "--endpoint", "x"], "--endpoint: endpoint is 'x'; expected http"),
        (["--symbols", "X"], "--venue"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    args: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", *args]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_a_venue_that_does_not_answer_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--venue", "binanceusdm", "--symbols", "BTCUSDT", "--out", str(tmp_path / "x.gz")]
    assert main(["record", *args, "--endpoint", "http://127.0.0.1:1"]) == 1
    assert "the venue does not list its markets: no answer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


async def test_a_symbol_that_the_venue_does_not_list_and_a_file_that_is_there(url: str, tmp_path: Path) -> None:
    out = tmp_path / "old.gz"
    code, _, error = await record(url, "--symbols", "NOSUCH", "--out", str(out)).end()
    assert (code, out.exists()) == (2, False)
    assert "symbol is 'NOSUCH', which binanceusdm does not list" in error
    out.write_bytes(b"precious")
    code, _, error = await record(url, "--symbols", "BTCUSDT", "--out", str(out)).end()
    assert code == 1
    assert "is there already; a capture is never overwritten" in error
    assert out.read_bytes() == b"precious"
    code, _, error = await record(url, "--symbols", "BTCUSDT", "--out", str(tmp_path / "no" / "x.gz")).end()
    assert code == 1
    assert "No such file or directory" in error


# -- what is recorded --------------------------------------------------------------------------------------------


async def test_a_recording_is_replayed_by_simulate(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ("--symbols", "btcusdt,ETHUSDT", "--out", str(tmp_path / "cap.gz"), "--seconds", "5", "--json")
    code, out, error = await record(url, *args).end()
    assert code == 0, error
    told = {file["symbol"]: file for file in json.loads(out)["files"]}
    for symbol in ("BTCUSDT", "ETHUSDT"):
        path = tmp_path / f"cap-{symbol}.gz"
        stats = events(path).stats
        assert told[symbol] == {
            "symbol": symbol, "file": str(path), "lines": stats.lines, "bytes": path.stat().st_size
        }  # fmt: skip
        assert stats.snapshots == 1
        assert stats.gaps == stats.malformed == 0
        assert not stats.truncated
        assert min(stats.depth, stats.ticker, stats.trades) > 5
    capture = str(tmp_path / "cap-BTCUSDT.gz")
    sources = ("--maker", capture, "--taker", capture)
    code, out, error = await Verb("simulate", "hedge", *sources, "--size", "0.01", "--iter", "9", "--json").end()
    assert code == 0, error
    assert json.loads(out)["events"] > 10


@pytest.mark.parametrize("name", ["killed.gz", "killed.txt"])
async def test_what_was_written_is_readable_after_kill_9(url: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    verb = record(url, "--symbols", "BTCUSDT", "--out", str(path))
    process = await verb.start()
    await until_written(path, 2000)
    process.kill()
    code, _, _ = await verb.end()
    assert code == -signal.SIGKILL
    stats = events(path).stats
    assert stats.depth > 0
    assert stats.malformed == 0
    assert not stats.truncated
    raw = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == stats.lines


async def test_an_interrupt_ends_it_well(url: str, tmp_path: Path) -> None:
    path = tmp_path / "cap.gz"
    verb = record(url, "--symbols", "BTCUSDT", "--out", str(path))
    process = await verb.start()
    await until_written(path, 100)
    os.kill(process.pid, signal.SIGINT)
    code, out, error = await verb.end()
    assert (code, error) == (0, "")
    assert "recording BTCUSDT; stop with Ctrl-C" in out
    assert f"{path}: {events(path).stats.lines:,} lines" in out


async def test_lighters_streams_are_recorded_and_replayed_too(lighter_url: str, tmp_path: Path) -> None:
    args = ("--symbols", "BTC,ETH", "--out", str(tmp_path / "cap.gz"), "--seconds", "5", "--json")
    code, out, error = await Verb("record", "--venue", "lighter", "--endpoint", lighter_url, *args).end()
    assert code == 0, error
    told = {file["symbol"]: file for file in json.loads(out)["files"]}
    for symbol in ("BTC", "ETH"):
        market = events(tmp_path / f"cap-{symbol}.gz")
        stats = market.stats
        assert told[symbol]["lines"] == stats.lines
        assert (market.instrument.symbol, market.instrument.settle) == (symbol, "USDC")
        assert stats.snapshots == 1
        assert stats.gaps == stats.malformed == 0
        assert min(stats.depth, stats.trades) > 5
    capture = str(tmp_path / "cap-BTC.gz")
    sources = ("--maker", capture, "--taker", capture)
    code, out, error = await Verb("simulate", "hedge", *sources, "--size", "0.01", "--iter", "9", "--json").end()
    assert code == 0, error
    assert json.loads(out)["events"] > 10
    code, _, error = await Verb(
        "record",
        "--venue",
        "lighter",
        "--endpoint",
        lighter_url,
        "--symbols",
        "NOSUCH",
        "--out",
        str(tmp_path / "x.gz"),
    ).end()
    assert code == 2
    assert "symbol is 'NOSUCH', which lighter does not list; expected one like BTC" in error
