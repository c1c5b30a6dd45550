"""A still world for screens: no settings of the user, no zone of the machine; tests paint by hand."""

from __future__ import annotations

import decimal
import gc
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import idle_kit
from widgets import i18n

EVERY_CHANGE = {
    "test_actions_safe",
    "test_actions_table",
    "test_actions_walk",
    "test_alarm_keys",
    "test_bell",
    "test_chinese_docs",
    "test_command_line",
    "test_eyes",
    "test_flatten_chord",
    "test_forms",
    "test_going_live",
    "test_keymap",
    "test_keys",
    "test_no_shadowing",
    "test_operating",
    "test_orders_list",
    "test_overview_pictures",
    "test_paint_budget",
    "test_screens",
    "test_theme_reload",
    "test_thrift",
    "test_type_ahead",
}
"""What runs with every change, which must stay below ten minutes; the others are slow tests: `make slow` runs them."""

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


@pytest.fixture
def chinese(still_world: None) -> Iterator[None]:
    i18n.use("zh")
    yield
    i18n.use("en")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and item.path.stem not in EVERY_CHANGE:
            item.add_marker(pytest.mark.slow)
