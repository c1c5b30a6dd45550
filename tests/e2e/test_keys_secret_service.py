"""Keys on a real Secret Service: kept, found again after its session ended, and its states told apart."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import secret_service_kit as kit

KEY = json.dumps({"apiKey": "public-part", "secret": "private-part"})


@pytest.fixture(autouse=True)
def service_installed() -> None:
    kit.need()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def cockpit(environ: Mapping[str, str], *argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cockpit", *argv],
        input=stdin,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_key_outlives_the_session_of_its_keyring(home: Path) -> None:
    with kit.session(home, "run") as environ:
        added = cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY)
        assert (added.returncode, added.stderr) == (0, "")
        assert "stored in Secret Service" in added.stdout
    with kit.session(home, "run") as environ:
        listed = json.loads(cockpit(environ, "keys", "list", "--json").stdout)
        assert listed["keyring"] == "Secret Service"
        assert [key["account"] for key in listed["keys"]] == ["main"]
        # what other programs see of it: service and account, by which it can be found and deleted
        found = subprocess.run(
            ["secret-tool", "lookup", "service", "cockpit", "username", "main"],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(found.stdout)["fields"] == json.loads(KEY)
        assert cockpit(environ, "keys", "remove", "main", "--yes").returncode == 0
        assert json.loads(cockpit(environ, "keys", "list", "--json").stdout)["keys"] == []
    assert not (home / "cockpit" / "state" / "keys.cryptfile").exists()


def test_a_wrong_password_leaves_it_locked_and_nothing_hangs(home: Path) -> None:
    with kit.session(home, "run") as environ:
        cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY)
    with kit.session(home, "with", "not the password") as environ:
        listed = cockpit(environ, "keys", "list")
        assert listed.returncode == 1
        assert "the Secret Service is there, but its keyring is locked; unlock it (bash): read -rs P" in listed.stderr
        assert listed.stderr.count("\n") == 1
        doctor = cockpit(environ, "doctor").stdout
        assert "WARN  keyring: none for keys of live accounts: the Secret Service is there, but" in doctor


def test_a_session_where_nobody_made_a_keyring(home: Path) -> None:
    with kit.session(home, "locked") as environ:
        added = cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY)
        assert added.returncode == 1
        assert "the Secret Service has no keyring yet; unlock it" in added.stderr


def test_a_session_that_ended(home: Path) -> None:
    with kit.session(home, "run") as environ:
        assert "OK    keyring: Secret Service, unlocked" in cockpit(environ, "doctor").stdout
    listed = cockpit(environ, "keys", "list")
    assert listed.returncode == 1
    assert "names a D-Bus session that does not answer" in listed.stderr


def test_a_damaged_entry_is_named_and_can_be_replaced(home: Path) -> None:
    with kit.session(home, "run") as environ:
        cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY)
        command = ["secret-tool", "store", "--label", "x", "service", "cockpit", "username", "main",
                   "application", "Python keyring library"]  # fmt: skip
        subprocess.run(command, input="no json", env=environ, text=True, check=True)
        tested = cockpit(environ, "keys", "test", "main")
        assert "the keyring's entry main (service cockpit) cannot be read: it is damaged" in tested.stderr
        assert "no json" not in tested.stderr
        assert cockpit(environ, "keys", "remove", "main", "--yes").returncode == 0
        assert cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY).returncode == 0


def test_a_desk_loads_its_key(home: Path) -> None:
    load = "from cockpit import secrets; print(secrets.load('main', venue='bybit')['secret'].reveal())"
    with kit.session(home, "run") as environ:
        cockpit(environ, "keys", "add", "main", "--venue", "bybit", "--stdin", stdin=KEY)
        said = subprocess.run(
            [sys.executable, "-c", load], env=environ, capture_output=True, text=True, timeout=60, check=True
        )
    assert said.stdout == "private-part\n"
