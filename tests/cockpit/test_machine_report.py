"""The report that is handed to others: what is in it, and above all what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.cli import main
from cockpit.doctor import Finding, Level
from cockpit.machine_report import harmless, report

CANARY = "canary0f3a9c71canary0f3a9c71"
HOOK = f"https://example.org/bot1:{CANARY}"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    places = locations.find()
    places.prepare()
    return places


def said(places: locations.Locations, *findings: Finding, **environ: str) -> str:
    return report(places, {locations.HOME_VARIABLE: str(places.config.parent), **environ}, findings, 0)


def test_what_is_in_it(places: locations.Locations) -> None:
    places.config_file.write_text(
        f'[risk]\nmax_leverage = 3\n\n[alarms]\nhook = ["/bin/echo", "{HOOK}"]\n\n'
        '[[account]]\nname = "an-account-of-24-letters"\nvenue = "lighter"\ncash = 12345\n'
    )
    text = said(places, TERM="xterm", SECRET_TOKEN="canary")
    assert "account an-account-of-24-letters: lighter, paper" in text
    assert "risk.max_leverage = 3" in text
    assert "alarms: 1 of 3 hooks configured" in text
    assert "TERM=xterm" in text
    assert "$COCKPIT_HOME/config/config.toml: " in text
    for hidden in ("canary", "example.org", str(places.config.parent), "12345"):
        assert hidden not in text


@pytest.mark.parametrize(
    ("config", "where"),
    [
        (f'{CANARY} = "{CANARY}"\n', "something at its top level"),
        (f'[desk]\npublish_hz = "{CANARY}"\n', r"something at [desk]"),
        ('[desk]\ncanary = "x"\n', r"something at [desk]"),
        (f'x = = "{CANARY}"\n', "something at its top level"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_not_quoted(
    places: locations.Locations, config: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places.config_file.write_text(config)
    assert main(["doctor", "--report"]) == 0
    text = capsys.readouterr().out
    assert f"cannot be used: {where}" in text
    assert "canary" not in text


def test_mends_are_told(places: locations.Locations) -> None:
    text = said(places, Finding(Level.WARN, "clock", "wrong", "set it"), Finding(Level.OK, "python", "3.11"))
    assert "WARN  clock: wrong; mend: set it\nOK    python: 3.11\n" in text


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"token {CANARY} here", "token <hidden> here"),
        ("0x" + "ab12" * 16, "<hidden>"),
        ("/home/me/cockpit/state and /root", "~/cockpit/state and /root"),
        ("max_position_notional_usd_and_more = 5", "max_position_notional_usd_and_more = 5"),
        ("OK  folder: /tmp/x", "OK  folder: /tmp/x"),
    ],
)
def test_the_last_net(line: str, left: str) -> None:
    assert harmless(line, {"HOME": "/home/me"}) == left
    assert harmless("/", {"HOME": "/"}) == "/"


def test_a_file_of_its_own(places: locations.Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.txt"
    assert main(["doctor", "--report", str(file)]) == 0
    assert file.read_text().startswith("cockpit report, ")
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["doctor", "--report", str(file)]) == 1
    assert "File exists" in capsys.readouterr().err


def test_the_doctor_looks_for_a_keyring(
    places: locations.Locations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def keyring() -> dict[str, str]:
        main(["doctor", "--json"])
        checks = json.loads(capsys.readouterr().out)["checks"]
        return next(check for check in checks if check["check"] == "keyring")

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    found = keyring()
    assert (found["level"], "it forgets what it is given" in found["found"]) == ("WARN", True)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.cryptfile.cryptfile.CryptFileKeyring")
    assert keyring()["level"] == "OK"
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    found = keyring()
    assert found["level"] == "WARN"
    assert "no D-Bus session here" in found["found"]
    assert "--backend cryptfile" in found["mend"]
