"""The table of keys in the documents is the registry's."""

from __future__ import annotations

from pathlib import Path

from cockpit.actions.key_table import table

FILE = Path(__file__).parents[2] / "docs" / "screen-keys.md"


def test_the_table_in_the_documents_is_of_today() -> None:
    assert FILE.read_text(encoding="utf-8") == table(), "make keys writes it anew"
