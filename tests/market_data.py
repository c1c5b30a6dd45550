"""Where tests find recorded market data: `$COCKPIT_DATA`, else `../shared/data` beside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

USDM = "usdm_btcusdt_20240808.gz"
COINM = "cm_btcusd_perp_20240808.gz"
SPOT = "spot_btcusdt_20240808.gz"


def data_root() -> Path:
    named = os.environ.get("COCKPIT_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"


def data_path(relative: str) -> Path:
    """A file of the recorded data. Where it is missing the test is skipped, but on CI it fails."""
    path = data_root() / relative
    if not path.exists():
        text = f"no recorded data at {path}; set COCKPIT_DATA to the folder that holds captures/"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    return path


def capture_path(name: str) -> Path:
    """One of the recorded captures, by file name."""
    return data_path(f"captures/{name}")
