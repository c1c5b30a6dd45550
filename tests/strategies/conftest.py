"""Lets these tests use the desk's and the paper exchange's kits."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "cockpit" / "desk"), str(TESTS / "venues" / "paper")]
