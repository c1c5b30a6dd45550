"""A home for each test, and nothing of it left afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from process_kit import Home


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = Home()
    yield home
    await home.close()


@pytest.fixture
async def wide_home() -> AsyncIterator[Home]:
    """Four accounts, three coins each."""
    home = Home(("extended", "lighter", "backpack", "grvt"), ("BTC", "ETH", "SOL"), 10)
    yield home
    await home.close()
