"""`cockpit paper serve`: the ready line, what it refuses, that it listens on loopback alone, malformed requests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cockpit.cli import main
from cockpit.commands.paper_serve import _profile
from tests.venues.served.served_kit import Raw, scripted, served, within
from venues.model import ManualClock
from venues.paper.profiles import load_profile
from venues.paper.spec import SpecError
from venues.served.dialect import ABNORMAL
from venues.served.house import House, HouseSpec
from venues.served.server import HOST, MAX_BODY, MAX_UNSENT, _Line

D = Decimal
ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def running(*argv: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The command in a process of its own, and its ready line."""
    command = [
        sys.executable,
        "-c",
        "import sys; from cockpit.cli import main; sys.exit(main())",
        "paper",
        "serve",
        *argv,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text


def test_the_ready_line_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with running("--dialect", "binanceusdm", "--port", "0", "--bases", "BTC", "--accounts", "a,b=5") as (
        ready,
        process,
    ):
        assert list(ready) == ["dialect", "url", "ws_url", "symbols", "accounts"]
        assert (ready["dialect"], ready["symbols"]) == ("binanceusdm", ["BTCUSDT"])
        port = int(ready["url"].rpartition(":")[2])
        assert (ready["url"], ready["ws_url"]) == (f"http://{HOST}:{port}", f"ws://{HOST}:{port}/ws")
        assert [account["name"] for account in ready["accounts"]] == ["a", "b"]
        assert all(set(account["credentials"]) == {"apiKey", "secret"} for account in ready["accounts"])
        assert main(["paper", "fault", ready["url"], "429", "--count", "2"]) == 0
        assert main(["paper", "fault", ready["url"], "nonce", "--account", "a", "--seconds", "5", "--json"]) == 0
        shown = capsys.readouterr().out
        assert [fault["kind"] for fault in json.loads(shown[shown.index("{") :])["faults"]] == ["429", "nonce"]
        assert main(["paper", "fault", ready["url"], "nonce", "--account", "nobody"]) == 1
        assert "expected one of a, b" in one_line(capsys.readouterr().err)
        assert main(["paper", "fault", ready["url"], "clear"]) == 0
        assert "no faults" in capsys.readouterr().out
        assert main(["paper", "serve", "--dialect", "binanceusdm", "--port", str(port)]) == 1
        assert f"port {port}" in one_line(capsys.readouterr().err)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--dialect", "klingon", "--port", "0"], "expected one of binanceusdm, hyperliquid, lighter"),
        (["--dialect", "binanceusdm"], "--port"),
        (["--dialect", "binanceusdm", "--port", "70000"], "expected 0 to 65535"),
        (["--dialect", "binanceusdm", "--port", "0", "--bases", "DOGE"], "'DOGE': expected one of BTC, ETH, SOL"),
        (["--dialect", "binanceusdm", "--port", "0", "--accounts", "a,a"], "each once"),
        (["--dialect", "binanceusdm", "--port", "0", "--accounts", "a=lots"], "expected NAME or NAME=CASH"),
        (["--dialect", "binanceusdm", "--port", "0", "--accounts", "a=-5"], "0 or more"),
    ],
)
def test_a_command_line_that_is_wrong(argv: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "serve", *argv]) == 2
    assert expected in one_line(capsys.readouterr().err)


def test_a_capture_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "serve", "--dialect", "binanceusdm", "--port", "0", "--source", "/nowhere.gz"]) == 1
    assert "/nowhere.gz" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("argv", "code", "expected"),
    [
        (["http://127.0.0.1:1", "drop"], 1, "127.0.0.1:1"),
        (["ftp://127.0.0.1:1", "drop"], 2, "expected http://"),
        (["http://127.0.0.1:1", "melt"], 2, "invalid choice: 'melt'"),
    ],
)
def test_a_fault_that_reaches_nobody(
    argv: list[str], code: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["paper", "fault", *argv]) == code
    assert expected in one_line(capsys.readouterr().err)


def test_a_house_without_a_market_is_none() -> None:
    with pytest.raises(SpecError, match="no market"):
        House(HouseSpec(venue="binance", bases=()), ManualClock())


async def test_it_listens_on_loopback_alone() -> None:
    async with served(market=scripted()) as serving:
        port = int(serving.ready.url.rpartition(":")[2])
        bound = [
            other.getsockname()
            for site in serving._server._runner.sites  # type: ignore[union-attr]
            for other in site._server.sockets  # type: ignore[attr-defined]
        ]
        assert bound == [(HOST, port)]
        with socket.socket() as outside, pytest.raises(OSError, match=r".+"):
            outside.connect((_own_address(), port))


def _own_address() -> str:
    """An address of this machine that is not 127.0.0.1 (Linux answers on all of 127/8 where somebody listens)."""
    return "127.0.0.2" if os.name == "posix" else socket.gethostbyname(socket.gethostname())


async def _bytes(serving: Any, content: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, int(serving.ready.url.rpartition(":")[2]))
    writer.write(content)
    try:
        return bytes(await within(reader.read(65_536)))
    finally:
        writer.close()


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense\r\n\r\n",
        b"GET /fapi/v1/time HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_answered_and_changes_nothing(content: bytes) -> None:
    async with served(market=scripted()) as serving:
        assert (await _bytes(serving, content)).startswith(b"HTTP/1.")
        assert (await Raw(serving).send("GET", "/fapi/v1/time"))[0] == 200


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    aborted: list[bool] = []

    class Transport:
        def abort(self) -> None:
            aborted.append(True)

    class Request:
        transport = Transport()

    line = _Line(Request(), None)  # type: ignore[arg-type]
    for _ in range(MAX_UNSENT):
        line.send("x")
    assert aborted == []
    line.send("x")
    line.close(ABNORMAL)
    assert aborted == [True, True]


async def test_odd_requests_get_the_venues_answer() -> None:
    async with served(market=scripted()) as serving:
        raw = Raw(serving)
        assert (await raw.send("GET", "/fapi/v1/depth", symbol="\x00\ud83d\ude00"[:1]))[1]["code"] == -1121
        answer = await _bytes(serving, b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert b"500" not in answer.split(b"\r\n")[0]
        head = b"POST /fapi/v1/order HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: "
        answer = await _bytes(serving, head + b"4\r\n\r\n\xff\xfe%%")
        assert b'"code":-2014' in answer
        answer = await _bytes(serving, head + str(MAX_BODY + 1).encode() + b"\r\n\r\n" + b"x" * (MAX_BODY + 1))
        assert b"413" in answer.split(b"\r\n")[0]


def test_fees_of_the_operators_choice() -> None:
    own = load_profile("lighter")
    both, one = _profile("lighter", D("0.4"), D("2.8")), _profile("lighter", None, D("-1"))
    assert both is not None
    assert one is not None
    assert (both.maker_bps, both.taker_bps) == (D("0.4"), D("2.8"))
    assert (one.maker_bps, one.taker_bps) == (own.maker_bps, D("-1"))
    assert _profile("lighter", None, None) is None


@pytest.mark.parametrize("fee", ["two", "nan", "10000", "-10000"])
def test_fees_that_cannot_be_are_refused(fee: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paper", "serve", "--dialect", "lighter", "--port", "0", f"--taker-fee={fee}"]) == 2
    assert one_line(capsys.readouterr().err).startswith(
        f"cockpit paper serve: argument --taker-fee: '{fee}': expected basis points, as 2.8 "
    )
