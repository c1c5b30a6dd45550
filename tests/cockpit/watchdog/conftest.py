"""Lets these tests find the desk's rig: the watchdog reads what a real desk has journaled."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "desk"))
