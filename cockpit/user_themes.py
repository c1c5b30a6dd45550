"""The themes there are: ours, and the user's own from the folder `themes` beside the config, read again as they change.

A mistake in a file never stops anything: it is told with file and line, and what was used instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

from themes.loader import DARK_BASE, ThemeError, built_in, parse_user_theme
from widgets.i18n import _

MOST_FILES = 64
MOST_BYTES = 65_536

Mark = tuple[int, int, int]
"""What changes when a file does: time of its last change in ns, its size, its inode."""


class Themes:
    """All themes by name. A user's theme of one of our names takes its place."""

    def __init__(self, folder: Path | None) -> None:
        """Reads `folder`, which need not exist; None: the user has none."""
        self._folder = folder
        self._own = built_in()
        self._files: dict[str, tuple[Mark | None, Theme | None, tuple[str, ...]]] = {}
        """File name to what it was like when it was read, its theme, and what is wrong with it."""
        self.by_name: Mapping[str, Theme] = self._own
        self.wanted = ""
        """The theme that was asked for, which need not be there."""
        self.look()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the user's themes, in words; empty where all is well."""
        wrong = [text for _mark, _theme, troubles in self._files.values() for text in troubles]
        if self.wanted and self.wanted not in self.by_name:
            text = _("theme {name} is not there; {theme} is used; there are {known}")
            wrong.append(text.format(name=repr(self.wanted), theme=DARK_BASE, known=", ".join(self.by_name)))
        return tuple(wrong)

    def look(self) -> bool:
        """Look at the folder and read again what has changed; whether anything did."""
        marks = self._marks()
        if all(self._files[name][0] == mark for name, mark in marks.items() if name in self._files) and (
            marks.keys() == self._files.keys()
        ):
            return False
        before = self._files
        self._files = {
            name: before[name] if name in before and before[name][0] == mark else self._read(name, mark, before)
            for name, mark in marks.items()
        }
        users = {theme.name: theme for _mark, theme, _wrong in self._files.values() if theme is not None}
        self.by_name = self._own | users
        return True

    def get(self, name: str) -> Theme:
        """The theme of that name, or the default one."""
        return self.by_name.get(name, self._own[DARK_BASE])

    def _marks(self) -> dict[str, Mark | None]:
        if self._folder is None:
            return {}
        marks: dict[str, Mark | None] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".toml") and not entry.name.startswith("."):
                        marks[entry.name] = self._mark(entry)
        except OSError:
            # No folder is the usual case; one that cannot be read holds nothing for us either.
            return {}
        return dict(sorted(marks.items())[:MOST_FILES])

    def _mark(self, entry: os.DirEntry[str]) -> Mark | None:
        try:
            found = entry.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(
        self, name: str, mark: Mark | None, before: Mapping[str, tuple[Mark | None, Theme | None, tuple[str, ...]]]
    ) -> tuple[Mark | None, Theme | None, tuple[str, ...]]:
        assert self._folder is not None
        source = f"{self._folder.name}/{name}"
        last = before[name][1] if name in before else None
        instead = _("it stays as it was") if last else _("it is left out; {theme} is there").format(theme=DARK_BASE)
        try:
            with (self._folder / name).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise ThemeError(_("{file}: longer than {most} bytes").format(file=source, most=MOST_BYTES))
            theme, troubles = parse_user_theme(content.decode(), source, name.removesuffix(".toml"), self._own)
        except ThemeError as error:
            return mark, last, (f"{error}; {instead}",)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            text = _("{file} line {line}: expected UTF-8 text").format(file=source, line=line)
            return mark, last, (f"{text}; {instead}",)
        except OSError as error:
            text = _("{file}: cannot be read: {error}").format(file=source, error=error.strerror or error)
            return mark, last, (f"{text}; {instead}",)
        return mark, theme, tuple(troubles)
