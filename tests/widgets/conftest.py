"""Apps that tests build around a widget come to rest without waiting for the clock."""

from __future__ import annotations

import pytest

from tests import idle_kit


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    idle_kit.use(monkeypatch)
