"""What the link needs of a desk; the desk implements it without knowing the link."""

from __future__ import annotations

from typing import Protocol

from cockpit.link.messages import Ack, Command
from cockpit.link.rows import Tables


class DeskPort(Protocol):
    """A desk as the link sees it. All calls come on the desk's event loop."""

    @property
    def version(self) -> str: ...

    @property
    def pid(self) -> int: ...

    async def execute(self, command: Command) -> Ack:
        """Do what is asked and answer with the command's own id. Bad input is an `Ack` that says so, never an
        exception. Commands that change something come one after the other; a `Query` may come at any time."""
        ...

    def tables(self) -> Tables:
        """Every row as it stands. Unchanged rows may be the same objects as before, which makes the diff cheap."""
        ...
