"""What the screen remembers by itself: written at once, read with every kind of mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.ui_state import FILE, LARGEST, TableState, UiState

ORDERS = TableState("price", True, ("text", "UTC"))


def test_what_was_kept_is_there_the_next_time(tmp_path: Path) -> None:
    state = UiState.load(tmp_path / "not" / "there")
    assert state.keep_table("orders", ORDERS) == ""
    assert state.keep_word("theme", "signal") == ""
    again = UiState.load(tmp_path / "not" / "there")
    assert again.table("orders") == ORDERS
    assert again.table("log") == TableState()
    assert again.word("theme") == "signal"
    assert again.word("other") == ""
    assert again.mistakes == []


def test_the_file_is_for_its_user_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    UiState.load(tmp_path).keep_word("theme", "signal")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_what_does_not_change_is_not_written(tmp_path: Path) -> None:
    state = UiState.load(tmp_path)
    state.keep_table("orders", TableState())
    state.keep_word("theme", "")
    assert not (tmp_path / FILE).exists()


def test_a_table_that_is_plain_again_leaves_the_file(tmp_path: Path) -> None:
    state = UiState.load(tmp_path)
    state.keep_table("orders", ORDERS)
    state.keep_table("orders", TableState())
    assert "orders" not in (tmp_path / FILE).read_text()


def test_without_a_file_it_remembers_for_this_session() -> None:
    state = UiState()
    assert state.keep_table("orders", ORDERS) == ""
    assert state.table("orders") == ORDERS


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("this is = = no TOML", "is no TOML"),
        ("words = 5", "words: 5 is no table"),
        ("[words]\ntheme = 7", "words.theme: 7 is no text"),
        ("tables = []", "tables: [] is no table"),
        ("[tables]\norders = 'x'", "tables.orders: 'x' is no table"),
        ("[tables.orders]\nsort = 3", "tables.orders.sort: 3 is no title of a column"),
        ("[tables.orders]\nreverse = 'yes'", "tables.orders.reverse: 'yes' is not true or false"),
        ("[tables.orders]\nhidden = [1]", "tables.orders.hidden: [1] is no list of titles"),
        ("#" * (LARGEST + 1), "bytes; it is not read"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_passed_over(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / FILE).write_text(text)
    state = UiState.load(tmp_path)
    (mistake,) = state.mistakes
    assert mistake.startswith(str(tmp_path / FILE))
    assert place in mistake
    assert state.keep_word("theme", "signal") == ""
    assert UiState.load(tmp_path).word("theme") == "signal"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    assert "is no TOML" in UiState.load(tmp_path).mistakes[0]


def test_what_is_right_beside_a_mistake_is_taken(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[words]\ntheme = 7\nlast = 'a'\n[tables.orders]\nsort = 'qty'\nreverse = 1\n")
    state = UiState.load(tmp_path)
    assert state.word("last") == "a"
    assert state.table("orders") == TableState("qty")


def test_a_folder_in_the_files_place_is_told_and_nothing_more(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    state = UiState.load(tmp_path)
    assert "cannot be read" in state.mistakes[0]
    assert "cannot be written" in state.keep_word("theme", "signal")
    assert state.word("theme") == "signal"
