"""What the screen remembers by itself from one session to the next: how each table was sorted, which columns are
hidden, the theme. A file of TOML in the state folder; what is wrong in it is passed over and told, and never stops a
start."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w

FILE = "screen.toml"
LARGEST = 64_000
"""Bytes; a file beyond it is none of ours."""


@dataclass(frozen=True, slots=True)
class TableState:
    """How the operator left a table."""

    sort: str = ""
    """Title of the column sorted by, in English; empty for none."""
    reverse: bool = False
    hidden: tuple[str, ...] = ()
    """Titles of hidden columns."""


PLAIN = TableState()


class UiState:
    """Tables by their name, and single words (`theme`) by theirs. Every change is written at once."""

    def __init__(self, path: Path | None = None) -> None:
        """`path` None: remembers nothing beyond this session."""
        self._path = path
        self._tables: dict[str, TableState] = {}
        self._words: dict[str, str] = {}
        self.mistakes: list[str] = []
        """What was passed over in the file, in words, with its place in it."""

    @classmethod
    def load(cls, folder: Path) -> UiState:
        """What `folder` has; nothing where there is no file. Raises nothing: what cannot be read is in `mistakes`."""
        state = cls(folder / FILE)
        state._read(folder / FILE)
        return state

    def table(self, name: str) -> TableState:
        return self._tables.get(name, PLAIN)

    def keep_table(self, name: str, table: TableState) -> str:
        """Remember; empty, or why it could not be written."""
        if table == self.table(name):
            return ""
        self._tables[name] = table
        return self._write()

    def word(self, name: str) -> str:
        """A remembered word; empty where there is none."""
        return self._words.get(name, "")

    def keep_word(self, name: str, word: str) -> str:
        """Remember; empty, or why it could not be written."""
        if word == self.word(name):
            return ""
        self._words[name] = word
        return self._write()

    # -- the file

    def _read(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                raw = file.read(LARGEST + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            self._wrong("", f"cannot be read: {error.strerror or error}")
            return
        if len(raw) > LARGEST:
            self._wrong("", f"has more than {LARGEST:,} bytes; it is not read")
            return
        try:
            data = tomllib.loads(raw.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            self._wrong("", f"is no TOML: {error}")
            return
        for name, word in self._mapping(data, "words").items():
            if isinstance(word, str):
                self._words[name] = word
            else:
                self._wrong(f"words.{name}", f"{word!r} is no text")
        for name in (tables := self._mapping(data, "tables")):
            if table := self._mapping(tables, name, f"tables.{name}"):
                self._tables[name] = self._table(f"tables.{name}", table)

    def _mapping(self, data: Mapping[str, object], name: str, place: str = "") -> dict[str, object]:
        found = data.get(name, {})
        if isinstance(found, dict):
            return found
        self._wrong(place or name, f"{found!r} is no table")
        return {}

    def _table(self, place: str, data: Mapping[str, object]) -> TableState:
        sort, reverse, hidden = data.get("sort", ""), data.get("reverse", False), data.get("hidden", [])
        if not isinstance(sort, str):
            self._wrong(f"{place}.sort", f"{sort!r} is no title of a column")
            sort = ""
        if not isinstance(reverse, bool):
            self._wrong(f"{place}.reverse", f"{reverse!r} is not true or false")
            reverse = False
        if not isinstance(hidden, list) or not all(isinstance(title, str) for title in hidden):
            self._wrong(f"{place}.hidden", f"{hidden!r} is no list of titles")
            hidden = []
        return TableState(sort, reverse, tuple(hidden))

    def _wrong(self, place: str, what: str) -> None:
        self.mistakes.append(": ".join(filter(None, (str(self._path), place, what))))

    def _write(self) -> str:
        if self._path is None:
            return ""
        tables = {
            name: {"sort": table.sort, "reverse": table.reverse, "hidden": list(table.hidden)}
            for name, table in sorted(self._tables.items())
            if table != PLAIN
        }
        text = tomli_w.dumps({"words": dict(sorted(self._words.items())), "tables": tables})
        beside = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.touch(mode=0o600)
            beside.write_text(text, encoding="utf-8")
            beside.replace(self._path)
        except OSError as error:
            return f"{self._path}: cannot be written: {error.strerror or error}"
        return ""
