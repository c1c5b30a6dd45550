"""The table of keys for the documents: `python -m cockpit.actions.key_table > docs/screen-keys.md`."""

from __future__ import annotations

import sys

from cockpit.actions.action import Action, Level
from cockpit.actions.keys import short
from cockpit.actions.registry import ACTIONS

HEAD = """# Keys and commands of the screen

Made from `cockpit/actions/`; `make keys` writes it anew. The first column is the name that a keymap
([operators-guide.md](operators-guide.md#your-own-keys)) calls an action by; every name can be typed on the command line
too. *Where* is the place it works at: `app` everywhere but in a dialog (with `!` there too), `view` on the overview and
every screen over it, `table` wherever there are rows, `dialog` in a dialog, others on the screen of that name.
"""
LEVELS = {
    Level.PLAIN: "",
    Level.STAGED: "staged, enter sends",
    Level.ASKS: "asks, focus on Cancel",
    Level.CHORD: "list, then the key once more",
    Level.TYPED: "a name is typed",
}


def table() -> str:
    """The whole document, Markdown."""
    rows = ["| name | keys | command | where | does | guarded by |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([HEAD, *rows, *(_row(action) for action in ACTIONS)]) + "\n"


def _row(action: Action) -> str:
    keys = " ".join(_code(short(key)) for key in action.keys.split(",") if key)
    command = _code(f":{action.command} {action.args}".rstrip()) if action.command else ""
    where = f"{action.scope}{'!' if action.priority else ''}"
    cells = (_code(action.id), keys, command, where, action.help, LEVELS[action.level])
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(table())
