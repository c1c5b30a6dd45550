"""A still world for screens: no settings of the user, no zone of the machine; tests paint by hand."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest

from tests import idle_kit
from widgets import i18n

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
