"""A canary: keys that trade for a whole session, with everything logged, and must come out nowhere but at the venue.

The keys are those of two served exchanges, so that they really sign; `test_keys_canary.py` does the same for the verbs
of `cockpit keys` alone, on each kind of keyring."""

from __future__ import annotations

import base64
import re
import signal
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
from live_kit import PASSPHRASE, LiveHome, live_home, over, traded
from process_kit import loop_of
from terminal_kit import Terminal

from venues.live.signers import missing

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(missing("lighter")), reason="the native signer of Lighter is not installed"),
]

PUBLIC = ("accountIndex", "apiKeyIndex", "walletAddress")
TALKATIVE = """
import faulthandler, logging, os, signal, sys, traceback
logging.basicConfig(level=logging.DEBUG)
faulthandler.enable()

def crash(number, frame):
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), capture_locals=True)
    print("a defect in the middle of the session", *stack.format(), sep="\\n", file=sys.stderr, flush=True)
    os.abort()

signal.signal(signal.SIGUSR1, crash)
from cockpit.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command line with everything logged that anybody would log. At a signal it crashes with the most talkative
traceback that there is, every local of every frame, and the interpreter's own."""
WRONG = "canary+wrong/5be21d07c4"
TOKEN = re.compile(rb"\d{10}:\d+:\d+:[0-9a-f]{60}")
"""What a Lighter account shows for eight hours in place of its key."""


def spellings(text: str) -> Iterable[bytes]:
    """A secret as it is, and as it may be disguised."""
    raw = text.encode()
    shapes = [raw, raw[:14], raw[-14:], quote(text, safe="").encode(), repr(text)[1:-1].encode()]
    for content in (raw, _unhexed(text)):
        # base64 of the middle is the same wherever the secret stands in what was encoded, up to three shifts
        shapes += [base64.b64encode(content[cut:])[4:-4] for cut in range(3)]
        shapes += [base64.urlsafe_b64encode(content[cut:])[4:-4] for cut in range(3)]
        shapes += [content.hex().encode(), content.hex().upper().encode()]
    return [each for shape in shapes if len(shape) >= 8 for each in (shape, shape[::-1])]


def _unhexed(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return text.encode()


class Canary:
    """Looks for secrets in what is said, written and shown."""

    def __init__(self) -> None:
        self._shapes: dict[bytes, str] = {}
        self.looked_at = 0

    def add(self, name: str, secret: str) -> None:
        self._shapes |= dict.fromkeys(spellings(secret), name)

    def clean(self, content: bytes, where: str) -> None:
        self.looked_at += len(content)
        found = {self._shapes[shape] for shape in self._shapes if shape in content}
        assert not found, f"{where} holds {found}: {self._around(content)!r}"
        assert not TOKEN.search(content), f"{where} holds an auth token: {TOKEN.search(content)}"

    def _around(self, content: bytes) -> bytes:
        places = [content.find(shape) for shape in self._shapes if shape in content]
        return content[max(0, min(places) - 300) : min(places) + 20]

    def processes(self, known: Iterable[int]) -> None:
        """Environment and arguments of every process that may be looked into."""
        seen = set()
        for entry in Path("/proc").iterdir():
            for name in ("environ", "cmdline") if entry.name.isdigit() else ():
                try:
                    self.clean((entry / name).read_bytes(), f"{entry}/{name}")
                except OSError:
                    continue
                seen.add(int(entry.name))
        assert set(known) <= seen

    def files(self, folder: Path) -> None:
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert files
        for file in files:
            self.clean(file.read_bytes(), str(file))


def test_the_canary_is_found_in_every_disguise() -> None:
    canary = Canary()
    secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789abcdef"
    canary.add("key", secret)
    raw = secret.encode()
    disguises = (
        raw,
        raw[::-1],
        raw.hex().encode(),
        bytes.fromhex(secret).hex().upper().encode(),
        base64.b64encode(b"x" + raw),
        base64.b64encode(b"Basic " + bytes.fromhex(secret)),
        raw[:14],
    )
    for shown in disguises:
        with pytest.raises(AssertionError, match="holds"):
            canary.clean(b"before " + shown + b" after", "somewhere")
    canary.clean(b"nothing of it", "elsewhere")
    with pytest.raises(AssertionError, match="auth token"):
        canary.clean(b"auth=1795277473:281474976710654:4:" + b"ab" * 40, "a log")


@pytest.mark.slow
async def test_a_key_that_trades_comes_out_nowhere() -> None:
    async with live_home() as home:
        home.environ |= {"PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1", "COCKPIT_LOG": "DEBUG"}
        await _session(home)


async def _session(home: LiveHome) -> None:
    canary = Canary()
    binance, lighter = await home.serve("binanceusdm"), await home.serve("lighter")
    for served in (binance, lighter):
        for name, value in served.credentials().items():
            if name not in PUBLIC:
                canary.add(f"{served.dialect} {name}", value)
    canary.add("a wrong secret", WRONG)
    canary.add("the passphrase", PASSPHRASE)
    said: list[str] = []

    desk, link = await traded(
        home,
        {"maker": (binance, 0), "taker": (lighter, 0)},
        program=(sys.executable, "-c", TALKATIVE),
        lift=True,
    )
    wrong = {**binance.credentials(), "secret": WRONG}
    for argv, key in (
        (("add", "wrong", "--venue", "binanceusdm", "--endpoint", binance.url), wrong),
        (("test", "wrong"), None),
        (("test", "maker"), None),
        (("test", "taker", "--json"), None),
        (("list",), None),
    ):
        told = await home.keys(*argv, key=key)
        said += [told.out, told.err]

    # a session in which the exchanges do what makes adapters talk
    said.append((await home.good("launch", "hedge", *HEDGE)).out)
    await link.until(lambda store: "L1" in store.loops and loop_of(store).iterations_done >= 1)
    for served in (binance, lighter):
        for kind in ("expired-token", "5xx", "5xx-after", "429", "nonce", "gap", "close"):
            await served.fault(kind, account="" if kind in ("gap", "close") else "one")
    assert link.store.desk is not None
    epoch = link.store.desk.epoch
    canary.processes([desk.pid, binance.pid, lighter.pid])
    await link.until(lambda store: loop_of(store).iterations_done >= 2 or over(store), 120)

    terminal = Terminal(160, 50)
    try:
        await terminal.start(home)
        await terminal.shows("LIVE", "maker")
        terminal.press("\x13")
        said.append(await terminal.shows("saved "))
        terminal.press("L")
        said.append(await terminal.until(lambda text: "launched by" in text))
        terminal.press("q")
    finally:
        await terminal.close()
    for verb in (("status",), ("accounts", "--json"), ("fills", "--json"), ("orders", "--json")):
        told = await home.run(*verb)
        said += [told.out, told.err]
    report = await home.run("doctor", "--report")
    assert "binanceusdm, live" in report.out
    said += [report.out, report.err]

    desk.send_signal(signal.SIGUSR1)
    assert await desk.wait() == -signal.SIGABRT

    log = home.log()
    assert "DEBUG:" in log
    assert "a defect in the middle of the session" in log
    assert "config = Config(" in log
    assert "Fatal Python error: Aborted" in log
    for text in (*said, log):
        canary.clean(text.encode(), f"what was said: {text[:60]!r}")
    journal = sqlite3.connect(home.places.journal)
    try:
        dump = "\n".join(journal.iterdump())
    finally:
        journal.close()
    assert f"'ck{epoch:x}-" in dump  # orders are in it
    canary.clean(dump.encode(), "the journal's dump")
    assert list(home.places.pictures.glob("*.svg"))
    # all that is on the disk: journal, log, picture, configuration, the encrypted file
    canary.files(home.folder)
    assert canary.looked_at > 100_000


HEDGE = ("--maker", "maker", "--taker", "taker", "--ticker", "BTC", "--size", "0.01", "--iter", "0")
