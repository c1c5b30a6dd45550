"""Lets these tests use the kits of the desk's and of the host's tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

sys.path[:0] = [str(TESTS / "desk"), str(TESTS / "host")]
