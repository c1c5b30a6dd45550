"""For every test: where the packages are, and how many examples property tests try."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A bare `pytest` puts this folder on the path and not the project: `tests/cockpit` would then be taken for `cockpit`.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.property_kit import SOAK

settings.register_profile("plain", deadline=None)
settings.register_profile("soak", deadline=None, print_blob=True)
settings.load_profile("soak" if SOAK else "plain")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A soak takes as long as it takes."""
    if SOAK:
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
