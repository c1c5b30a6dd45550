"""One thing an operator can do, and how dangerous it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Scope = Literal[
    "app",
    "view",
    "overview",
    "panels",
    "coins",
    "spreads",
    "funding",
    "history",
    "loop",
    "move",
    "table",
    "back",
    "dialog",
    "replay",
    "welcome",
    "settings",
    "sheet",
    "account",
    "mix",
    "orders",
    "alarms",
    "log",
    "audit",
]
"""Where it works: everywhere but under a dialog (with `priority` there too); on the overview and every view over it; on
the overview; wherever a loop is chosen; in what has rows; in a table that can be sorted and filtered; in a view over
the overview; in a dialog. A screen with keys of its own has a scope of its own."""


class Level(StrEnum):
    """What stands between the key and its effect."""

    PLAIN = "plain"
    """Nothing: it harms nothing, or makes things safer."""
    STAGED = "staged"
    """It is staged, and sent by another key."""
    ASKS = "asks"
    """A dialog whose focus is on Cancel."""
    CHORD = "chord"
    """A dialog, and the key once more after a pause."""
    TYPED = "typed"
    """A dialog, and a name typed letter by letter."""


@dataclass(frozen=True, slots=True)
class Action:
    id: str
    """Stable name, for keymaps, the palette and the command line."""
    keys: str
    """As Textual names them, comma-separated; empty: reached by palette and command line alone."""
    action: str
    """Textual's action, as `stage('size', 1)`."""
    label: str
    """A word or two, for the key bar."""
    help: str
    """One line, for help and palette."""
    scope: Scope
    shown: str = ""
    """The keys as a person reads them; empty: as in `keys`."""
    priority: bool = False
    level: Level = Level.PLAIN
    command: str = ""
    """Its word on the command line; empty: it has none beside its id."""
    args: str = ""
    """What may follow the word, as the help shows it: `SIZE`, `[LOOP]`. Words in capitals are completed from what the
    desk has, `a|b` are choices, brackets may be left out."""

    @property
    def binding_id(self) -> str:
        """What Textual's keymap calls it."""
        return f"{self.scope}.{self.id}"

    @property
    def dangerous(self) -> bool:
        """Whether something stands between its key and its effect, for safety's sake."""
        return self.level in (Level.ASKS, Level.CHORD, Level.TYPED)

    @property
    def needs_words(self) -> bool:
        """Whether it cannot be done without words behind it."""
        return bool(self.args) and not self.args.startswith("[")
