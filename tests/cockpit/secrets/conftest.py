"""Places of their own, a keyring configuration that is not this machine's, and a cheap Argon2."""

from __future__ import annotations

from pathlib import Path

import pytest
from keyring.util import platform_
from keyrings.cryptfile.cryptfile import CryptFileKeyring

from cockpit import locations
from cockpit.locations import Locations


@pytest.fixture(autouse=True)
def no_keyring_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "CREDENTIALS_DIRECTORY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform_, "config_root", lambda: tmp_path / "python_keyring")
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path / "home"))
    # hashing as it is meant takes a third of a second each time
    monkeypatch.setattr(CryptFileKeyring, "time_cost", 1)
    monkeypatch.setattr(CryptFileKeyring, "memory_cost", 64)


@pytest.fixture
def places(tmp_path: Path) -> Locations:
    return locations.find({locations.HOME_VARIABLE: str(tmp_path / "home")})
