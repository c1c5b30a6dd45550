"""What was typed on the command line is kept for its user."""

from __future__ import annotations

import stat
from pathlib import Path

from cockpit.command_history import KEPT, CommandHistory


def test_history_is_kept_for_this_user_alone_without_repeats(tmp_path: Path) -> None:
    file = tmp_path / "state" / "commands"
    history = CommandHistory(file)
    for line in ("pause", "pause", "  size   0.5 ", "", "pause"):
        history.add(line)
    assert history.lines == ["pause", "size 0.5", "pause"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CommandHistory(file).lines == history.lines
    assert [path.name for path in file.parent.iterdir()] == ["commands"]


def test_history_has_a_limit_and_keeps_what_another_client_added(tmp_path: Path) -> None:
    file = tmp_path / "commands"
    one, two = CommandHistory(file), CommandHistory(file)
    one.add("of one")
    two.add("of two")
    assert CommandHistory(file).lines == ["of one", "of two"]
    for number in range(KEPT + 20):
        one.add(f"line {number}")
    assert len(CommandHistory(file).lines) == KEPT
    assert CommandHistory(file).lines[-1] == f"line {KEPT + 19}"


def test_history_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = CommandHistory(tmp_path / "file" / "commands")
    history.add("pause")
    assert history.lines == ["pause"]
    (tmp_path / "odd").write_bytes(b"\xff\xfe\npause\n")
    assert CommandHistory(tmp_path / "odd").lines[-1] == "pause"
