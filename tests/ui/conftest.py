"""A still world for screens: no settings of the user, no zone of the machine; tests paint by hand."""

from __future__ import annotations

import decimal
import gc
import time
from pathlib import Path

import pytest

from tests import idle_kit
from widgets import i18n

SWEEPS = {"test_sizes", "test_pseudo_language", "test_chinese", "test_no_colour"}
"""Over every screen, for minutes: `make slow` runs them. What they look for is in the pictures too."""

# Every test builds an app and throws it away: a collector that looks that often takes a fifth of their time.
gc.set_threshold(200_000, 50, 50)


@pytest.fixture(autouse=True)
def still_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    time.tzset()
    i18n.use("en")
    idle_kit.use(monkeypatch)
    # other tests have imported the whole of ccxt, which changes how halves are rounded
    decimal.getcontext().rounding = decimal.ROUND_HALF_EVEN


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.stem in SWEEPS:
            item.add_marker(pytest.mark.slow)
