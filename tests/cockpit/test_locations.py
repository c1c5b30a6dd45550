"""Where things lie."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.locations import LocationError, find, private_folder


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    places = find({"COCKPIT_HOME": str(tmp_path)})
    assert places.config_file == tmp_path / "config" / "config.toml"
    for path in (places.journal, places.desk_log, places.desk_socket, places.paper_socket, places.paper_state):
        assert path.is_relative_to(tmp_path / "state")


def test_folders_are_private_and_mended(tmp_path: Path) -> None:
    places = find({"COCKPIT_HOME": str(tmp_path)})
    places.prepare()
    places.runtime.chmod(0o755)
    places.prepare()
    for folder in (places.config, places.state, places.runtime):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.fixture
def short_home() -> Iterator[Path]:
    """A home whose sockets fit beside the journal, wherever pytest keeps its own folders."""
    with tempfile.TemporaryDirectory(prefix="ck", dir="/tmp") as folder:
        yield Path(folder)


def test_sockets_are_found_by_every_session_of_the_user(monkeypatch: pytest.MonkeyPatch, short_home: Path) -> None:
    """SSH with a runtime folder, cron without one: the same desk."""
    monkeypatch.setenv("HOME", str(short_home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_home / "run1"))
    first = find({}).desk_socket
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert find({}).desk_socket == first
    assert first.is_relative_to(short_home)


def test_a_long_home_gets_a_short_socket_of_its_own(tmp_path: Path) -> None:
    long = find({"COCKPIT_HOME": str(tmp_path / ("x" * 90))})
    other = find({"COCKPIT_HOME": str(tmp_path / ("y" * 90))})
    assert len(os.fsencode(long.desk_socket)) <= 107
    assert len(os.fsencode(long.paper_socket)) <= 107
    assert long.desk_socket != other.desk_socket
    assert str(os.getuid()) in str(long.desk_socket)


def test_folders_that_cannot_be_ours_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocationError, match=r"file/x: cannot be created"):
        private_folder(tmp_path / "file" / "x")
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(LocationError, match="expected user 4242"):
        private_folder(mine)
    link = tmp_path / "link"
    link.symlink_to(mine)
    with pytest.raises(LocationError, match="no folder of this user"):
        private_folder(link)


def test_a_link_to_a_folder_of_ours_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    private_folder(tmp_path / "link")
