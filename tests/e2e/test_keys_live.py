"""`cockpit keys test` and `rotate` against a served exchange: the real probe, through real ccxt and sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from venues.live.signers import missing

PASSPHRASE = "words for this test"
PUBLIC = ("accountIndex", "apiKeyIndex", "walletAddress")
LOUD = (
    "import logging, sys; logging.basicConfig(level=logging.DEBUG); "
    "from keyrings.cryptfile.cryptfile import CryptFileKeyring as File; File.time_cost = 1; File.memory_cost = 64; "
    "from cockpit.cli import main; sys.exit(main(sys.argv[1:]))"
)
"""The command line with everything logged that anybody would log, and a cheap Argon2."""
WRONG = "ab" * 32


class Served:
    """A paper exchange as a process of its own."""

    def __init__(self, dialect: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", "paper", "serve", "--dialect", dialect, "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def credentials(self, number: int) -> dict[str, str]:
        return dict(self.ready["accounts"][number]["credentials"])

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


class Keys:
    """The verb in a home of its own, on an encrypted file."""

    def __init__(self, home: Path) -> None:
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "COCKPIT_HOME": str(home / "cockpit"),
            "LANG": "C.UTF-8",
            "PYTHONASYNCIODEBUG": "1",
        }
        self.given: set[str] = {PASSPHRASE}

    def __call__(self, *argv: str, key: Mapping[str, str] | None = None) -> tuple[int, str]:
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE.encode())
        os.close(writer)
        said = subprocess.run(
            [sys.executable, "-c", LOUD, "keys", *argv, "--passphrase-fd", str(reader)],
            input=json.dumps(key) if key is not None else "",
            env=self.environ,
            pass_fds=(reader,),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        os.close(reader)
        self.given |= {value for name, value in (key or {}).items() if name not in PUBLIC}
        shown = [value for value in self.given if value in said.stdout + said.stderr]
        assert not shown, said.stderr
        assert "Traceback" not in said.stderr
        return said.returncode, said.stdout + said.stderr


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture(scope="module")
def binance() -> Iterator[Served]:
    served = Served("binanceusdm")
    yield served
    served.close()


def test_a_good_key_a_wrong_one_and_a_rotation(keys: Keys, binance: Served) -> None:
    one, two = binance.credentials(0), binance.credentials(1)
    assert keys("add", "main", "--venue", "binanceusdm", "--endpoint", binance.url, "--stdin", key=one)[0] == 0
    code, said = keys("test", "main")
    assert code == 0, said
    assert "main: binanceusdm takes the key; read yes" in said

    code, said = keys("rotate", "main", "--stdin", key={**one, "secret": WRONG})
    assert code == 1
    assert "binanceusdm refuses the new key; the old one stays" in said
    code, said = keys("rotate", "main", "--stdin", key=two)
    assert code == 0, said
    assert "main: changed." in said
    assert keys("test", "main")[0] == 0

    assert (
        keys(
            "add", "bad", "--venue", "binanceusdm", "--endpoint", binance.url, "--stdin", key={**one, "secret": WRONG}
        )[0]
        == 0
    )
    code, said = keys("test", "bad")
    assert code == 1
    assert "bad: binanceusdm refuses the key: " in said


def test_a_venue_that_cannot_be_reached_says_nothing_of_the_key(keys: Keys, binance: Served) -> None:
    one = binance.credentials(0)
    keys("add", "main", "--venue", "binanceusdm", "--endpoint", "http://127.0.0.1:9", "--stdin", key=one)
    code, said = keys("test", "main")
    assert code == 1
    assert "main: binanceusdm could not be asked: " in said
    assert keys("test", "main", "--endpoint", binance.url)[0] == 0


def asked(keys: Keys, dialect: str) -> tuple[int, str]:
    served = Served(dialect)
    try:
        code, said = keys(
            "add", "main", "--venue", dialect, "--endpoint", served.url, "--stdin", key=served.credentials(0)
        )
        assert code == 0, said
        return keys("test", "main")
    finally:
        served.close()


def test_hyperliquid(keys: Keys) -> None:
    code, said = asked(keys, "hyperliquid")
    assert code == 0, said
    assert "main: hyperliquid takes the key; read yes" in said


def test_lighter_with_its_signer_or_the_word_that_it_lacks(keys: Keys) -> None:
    code, said = asked(keys, "lighter")
    if missing("lighter"):
        assert code == 1
        assert "main: lighter could not be asked: " in said
        assert "signer" in said
    else:
        assert code == 0, said
        assert "main: lighter takes the key; read yes" in said
