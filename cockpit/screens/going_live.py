"""Going live on the screen: an account's name is typed before it trades real money."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.link.messages import GoLive, Verb
from cockpit.link.rows import AccountRow
from cockpit.screens.form import FormDialog
from widgets.desk_words import said
from widgets.fields import Field
from widgets.i18n import N_, _
from widgets.words import word

WAYS = {"trade": "on", "read-only": "off", "lift limits": "lift"}
"""What the form calls each way, and its name in the command."""


class GoLiveDialog(FormDialog):
    SUBMIT_LABEL = N_("Do it")
    TITLE_TEXT = N_("REAL MONEY: let an account trade, or make it read-only")

    def __init__(self, accounts: Sequence[AccountRow]) -> None:
        super().__init__()
        self._accounts = accounts

    def on_mount(self) -> None:
        super().on_mount()
        names = tuple(row.name for row in self._accounts)
        # nothing is chosen that would trade: the form opens on what is harmless
        self.load(
            [
                Field("account", names[0], doc=_("Which live account"), choices=names, free=False, was=names[0]),
                Field(
                    "what",
                    "read-only",
                    doc=_("trade: real orders; read-only: watched alone; lift limits: of its first session"),
                    choices=tuple(WAYS),
                    free=False,
                    was="read-only",
                ),
                Field("typed", "", doc=_("To let it trade type the account's name here, letter by letter")),
                Field(
                    "rehearsal",
                    "asked for",
                    doc=_("skip: although nothing was rehearsed on its venue"),
                    choices=("asked for", "skip"),
                    free=False,
                    was="asked for",
                ),
            ]
        )
        words = "; ".join(f"{row.name}: {said(row.live) or _('trades')}" for row in self._accounts)
        self.say(words, "live")

    def verb(self) -> Verb | None:
        values = self.fields.values()
        return GoLive(
            values["account"],
            WAYS[values["what"]],
            values.get("typed", ""),
            values["rehearsal"] == "skip",
        )

    def done_text(self) -> str:
        values = self.fields.values()
        return f"{values['account']}: {word('value', values['what'])}"
