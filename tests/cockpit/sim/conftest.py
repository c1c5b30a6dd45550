"""Lets these tests find the recorded market data, whose locator stands at the top of the tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
