"""What was typed on the command line, kept over sessions in the state folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

KEPT = 500
"""Lines, at the most."""


class CommandHistory:
    """Without a file it lasts as long as the cockpit. A file that cannot be read or written is told by nobody: history
    is no reason to stop."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lines = self._read()

    @property
    def lines(self) -> list[str]:
        """The oldest first."""
        return list(self._lines)

    def add(self, line: str) -> None:
        """Take a line in, unless it is the last one again. What other clients have added meanwhile stays."""
        line = " ".join(line.split())
        if not line:
            return
        lines = self._read() if self._file is not None else self._lines
        if not lines or lines[-1] != line:
            lines = [*lines, line]
        self._lines = lines[-KEPT:]
        self._write()

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        try:
            text = self._file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-KEPT:]

    def _write(self) -> None:
        """Whole or not at all, readable by this user alone."""
        if self._file is None:
            return
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in self._lines)
            fresh.replace(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()
