"""The doctor: each finding that is not well comes with a mend."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from cockpit import doctor, locations
from cockpit.cli import main
from cockpit.desk.journal_file import FileLock
from cockpit.doctor import Finding, Level, examine
from cockpit.live import needs
from venues.live.finding import Finding as LiveFinding
from venues.live.finding import Level as LiveLevel
from venues.model import ManualClock

GOOD_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.fixture
def places(tmp_path: Path) -> locations.Locations:
    return locations.find({locations.HOME_VARIABLE: str(tmp_path)})


def check(places: locations.Locations, **changes) -> dict[str, Finding]:
    options = {
        "environ": GOOD_TERMINAL,
        "clock": ManualClock(doctor.EARLIEST_NS),
        "tty": True,
        "desk_answers": lambda: False,
    } | changes
    findings = examine(places, **options)
    for finding in findings:
        assert finding.found
        assert bool(finding.mend) == (finding.level is not Level.OK), finding
    return {finding.check: finding for finding in findings}


def test_a_sound_machine(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((120, 40)))
    found = check(places, desk_answers=lambda: True)
    assert not [finding for finding in found.values() if finding.level is Level.FAIL]
    assert "extended, lighter" in found["config"].found
    assert found["terminal"].found == "xterm-256color, 120x40"
    assert "answers" in found["desk"].found


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    found = check(locations.find({locations.HOME_VARIABLE: str(tmp_path)}))
    assert found["config folder"].level is Level.FAIL
    assert str(tmp_path / "config") in found["config folder"].found


def test_a_broken_config_is_quoted(places: locations.Locations) -> None:
    places.prepare()
    places.config_file.write_text("[desk]\npublish_hz = 99\n")
    found = check(places)["config"]
    assert found.level is Level.FAIL
    assert "publish_hz = 99" in found.found


def test_a_socket_left_behind(places: locations.Locations) -> None:
    places.prepare()
    places.desk_socket.write_text("")
    found = check(places)["desk"]
    assert found.level is Level.WARN
    assert "did not stop cleanly" in found.found


def test_a_desk_that_hangs_is_named(places: locations.Locations) -> None:
    places.prepare()
    lock = FileLock(places.journal)
    found = check(places)["desk"]
    lock.release()
    assert found.level is Level.FAIL
    assert found.found == f"process {os.getpid()} holds the journal and does not answer"
    assert check(places)["desk"].level is Level.OK


def test_a_clock_that_is_years_behind(places: locations.Locations) -> None:
    assert check(places, clock=ManualClock(0))["clock"].level is Level.FAIL


def test_packages_that_are_missing(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvloop" else real(name))
    assert check(places)["packages"].level is Level.WARN
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "textual" else real(name))
    found = check(places)["packages"]
    assert found.level is Level.FAIL
    assert found.found == "missing: textual"


def test_an_old_python(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert check(places)["python"] == Finding(Level.FAIL, "python", "3.10.4", "install Python 3.11 or newer")


@pytest.mark.parametrize(
    ("environ", "tty", "key", "level"),
    [
        ({}, False, "terminal", Level.WARN),
        ({"TERM": "dumb"}, True, "terminal", Level.FAIL),
        ({"TERM": "xterm"}, True, "colours", Level.WARN),
    ],
)
def test_terminals(places: locations.Locations, environ: dict[str, str], tty: bool, key: str, level: Level) -> None:
    assert check(places, environ=environ, tty=tty)[key].level is level


def test_a_small_window(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((70, 20)))
    found = check(places)["terminal"]
    assert found.level is Level.WARN
    assert found.found == "70x20"


def test_another_encoding_and_a_full_disk(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.locale, "getpreferredencoding", lambda _set: "ANSI_X3.4-1968")
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=50 * 1024 * 1024))
    found = check(places)
    assert found["locale"].level is Level.WARN
    assert found["disk"].found == "50 MB free for the journal"


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert {"level", "check", "found", "mend"} == set(report["checks"][0])
    (tmp_path / "config" / "config.toml").write_text("x = = 1")
    assert main(["doctor"]) == 1
    page = capsys.readouterr().out
    assert "FAIL  config:" in page
    assert "      mend: correct the file" in page


def test_alarm_hooks_that_cannot_be_run(places: locations.Locations) -> None:
    assert "seen in the cockpit only" in check(places)["alarm hooks"].found
    places.prepare()
    places.config_file.write_text(f'[alarms]\nhook = ["{sys.executable}"]\ncritical_hook = ["/nowhere/page"]\n')
    found = check(places)["alarm hooks"]
    assert (found.level, found.found) == (Level.WARN, "not executable: /nowhere/page")
    places.config_file.write_text(f'[alarms]\nhook = ["{sys.executable}", "x"]\n')
    assert check(places)["alarm hooks"].found == sys.executable


LIVE = """
[[account]]
name = "l1"
venue = "lighter"
mode = "live"
keys = "main"

[[account]]
name = "o1"
venue = "okx"
mode = "live"
endpoint = "http://127.0.0.1:8080"

[[account]]
name = "r1"
venue = "okx"
mode = "rehearsal"
"""


def test_live_accounts_say_what_they_lack(places: locations.Locations, monkeypatch: pytest.MonkeyPatch) -> None:
    places.prepare()
    assert not [name for name in check(places) if name.startswith("account ")], "none is live"
    places.config_file.write_text(LIVE)
    lacks = [
        LiveFinding(LiveLevel.STOP, "lighter cannot sign: no library", "make signers"),
        LiveFinding(LiveLevel.WARN, "it is old"),
    ]
    monkeypatch.setattr(needs, "missing", lambda venue: lacks[:1] if venue == "lighter" else [])
    found = check(places)
    assert found["account l1"] == Finding(Level.FAIL, "account l1", "lighter cannot sign: no library", "make signers")
    assert found["account o1"].found == ("live on okx at http://127.0.0.1:8080; `cockpit keys test o1` tries its key")
    assert "needs no key" in found["account r1"].found
    monkeypatch.setattr(needs, "missing", lambda _venue: lacks[1:])
    assert check(places)["account l1"] == Finding(Level.WARN, "account l1", "it is old", "see docs/venues.md")
    monkeypatch.setattr(doctor, "LIVE_PACKAGES", ("surely_not_installed",))
    assert check(places)["live packages"].level is Level.FAIL


def test_edgex_without_its_sdk_names_the_line_that_installs_it(
    places: locations.Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.prepare()
    places.config_file.write_text('[[account]]\nname = "e1"\nvenue = "edgex"\nmode = "live"\n')
    assert check(places)["account e1"].found == "live on edgex; its key is tried when the desk connects"
    monkeypatch.setattr(needs, "installed", lambda: False)
    found = check(places)["account e1"]
    assert (found.level, found.mend) == (Level.FAIL, ".venv/bin/python -m pip install edgex-python-sdk==2.0.1")
