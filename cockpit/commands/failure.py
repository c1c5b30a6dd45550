"""How a verb fails: one line on stderr and an exit code that a script can act on."""

from __future__ import annotations

import argparse
from typing import NoReturn

FAILED = 1
"""The desk said no, or what was asked for did not come about."""
USAGE = 2
"""The command line itself is wrong."""
NO_DESK = 3
"""No desk is running, or it does not answer."""


class CommandFailed(Exception):
    """Ends a verb; the text is printed as one line."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def __init__(self, verb: str, description: str) -> None:
        prog = f"cockpit {verb}".strip()
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise CommandFailed(f"{self.prog}: {message} (see {self.prog} --help)", USAGE)

    def add_json(self) -> None:
        self.add_argument("--json", action="store_true", help="print JSON")
