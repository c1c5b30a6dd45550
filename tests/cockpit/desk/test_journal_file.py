"""The journal's file: who may open it, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.desk import journal_file
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import JournalError, connect_rw
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_schema import MIGRATIONS


def test_a_second_desk_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    first = Journal.open(path)
    code = (
        "import sys\n"
        "from cockpit.desk.journal import Journal\n"
        "from cockpit.desk.journal_file import JournalError\n"
        "try:\n    Journal.open(sys.argv[1])\nexcept JournalError as error:\n    print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    assert str(path) in said
    assert "another desk (process " in said
    assert "cockpit desk stop" in said
    with pytest.raises(JournalError, match="another desk"):
        Journal.open(path)
    first.close()
    Journal.open(path).close()


def test_a_reader_needs_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    desk = Journal.open(path)
    desk.log(ts=1, level="info", source="desk", text="hello")
    desk.flush()
    reader = JournalReader.open(str(path))
    assert [line.text for line in reader.log()] == ["hello"]
    reader.close()
    desk.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(JournalError, match=rf"schema {len(MIGRATIONS) + 1}, this cockpit knows {len(MIGRATIONS)}"):
        Journal.open(path)
    with pytest.raises(JournalError, match="update cockpit"):
        JournalReader.open(str(path))


def test_an_older_schema_is_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    desk = Journal.open(path)
    desk.log(ts=1, level="info", source="desk", text="kept")
    desk.close()
    monkeypatch.setattr(journal_file, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (x INTEGER);"))
    desk = Journal.open(path)
    assert [line.text for line in desk.reader().log()] == ["kept"]
    desk.close()
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert raw.execute("SELECT count(*) FROM later").fetchone() == (0,)
    raw.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(journal_file, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE later (x INTEGER); CREATE nonsense;"))
        with pytest.raises(JournalError, match="cannot be opened"):
            Journal.open(path)
    Journal.open(path).close()
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    raw.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is a text of some length, and no database at all\n" * 40)
    with pytest.raises(JournalError, match="is damaged or no journal") as error:
        Journal.open(path)
    assert str(path) in str(error.value)
    with pytest.raises(JournalError, match="is damaged or no journal"):
        JournalReader.open(str(path))


def test_a_damaged_page_is_found_at_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    desk = Journal.open(path)
    for n in range(2_000):
        desk.log(ts=n, level="info", source="desk", text="x" * 40)
    desk.close()
    content = bytearray(path.read_bytes())
    content[-4096 * 3 : -4096 * 2] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(JournalError, match="put back a backup"):
        Journal.open(path)


def test_somebody_elses_database(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE theirs (x INTEGER)")
    raw.close()
    with pytest.raises(JournalError, match="no journal of cockpit"):
        Journal.open(path)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="see that its folder exists"):
        Journal.open(tmp_path / "nowhere" / "journal.db")


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "journal.db"
    folder.mkdir()
    with pytest.raises(JournalError, match="cannot be made"):
        Journal.open(folder)


def test_reading_a_journal_that_was_never_made(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no such file"):
        JournalReader.open(str(tmp_path / "journal.db"))


def test_the_file_is_for_its_owner_alone_and_commits_reach_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("journal.db.lock").stat().st_mode & 0o777 == 0o600
    connection = connect_rw(str(path))
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()
