"""A home for each test, and nothing of it left afterwards."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest
from process_kit import Home

if sys.platform != "linux":
    # what a test has started is found again, to be ended, by way of /proc
    collect_ignore_glob = ["test_*.py"]


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
