"""Lets these tests use the fake venue of the desk's tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS / "cockpit" / "desk"))
