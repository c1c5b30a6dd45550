"""Lets these tests use the kits of the desk's and of the paper exchange's tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]

sys.path[:0] = [str(TESTS / "cockpit" / "desk"), str(TESTS / "venues" / "paper")]
