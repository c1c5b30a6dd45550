"""Lets these tests use the kits of the desk's, the host's and the paper exchange's tests."""

from __future__ import annotations

import decimal
import sys
from pathlib import Path

import pytest

from tests import idle_kit
from widgets import i18n

TESTS = Path(__file__).resolve().parents[2]

sys.path[:0] = [
    str(TESTS / "cockpit" / "desk"),
    str(TESTS / "cockpit" / "host"),
    str(TESTS / "cockpit" / "replay"),
    str(TESTS / "venues" / "paper"),
]


@pytest.fixture(autouse=True)
def still_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the user and of his terminal."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "home"))
    i18n.use("en")
    idle_kit.use(monkeypatch)
    # other tests have imported the whole of ccxt, which changes how halves are rounded
    decimal.getcontext().rounding = decimal.ROUND_HALF_EVEN
