"""Adding a live account, one question at a time: venue, name, each part of its key, the passphrase of a file of keys;
then the venue is asked with the key, and only what it does not refuse is kept."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.screens.dialog import Dialog, Press
from cockpit.screens.hidden import HiddenEntry
from cockpit.setup_port import AskedField, Keyring, Setup, SetupError, VenueChoice
from venues.model.secret import Secret
from widgets.desk_words import said
from widgets.entry import Entry
from widgets.i18n import N_, _
from widgets.lines import Lines
from widgets.paint import Cell, cell, wrapped

PASSPHRASE = AskedField("passphrase", N_("passphrase of the file of keys"))
AGAIN = AskedField("again", N_("the same passphrase again"))
NOTE_LINES = 4


class AddAccountDialog(Dialog[tuple[str, ...]]):
    """Returns what was done, in words; None where nothing was."""

    AUTO_FOCUS: ClassVar[str | None] = "#answer"
    HINTS: ClassVar[tuple[str, ...]] = ("cancel",)
    TITLE_TEXT: ClassVar[str] = N_("Add an account")

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self._venues = {venue.name: venue for venue in setup.venues()}
        self._venue: VenueChoice | None = None
        self._account = ""
        self._keyring: Keyring | None = None
        self._asked: list[AskedField] = []
        self._at = 0
        self._given: dict[str, Secret] = {}
        self._ready = False
        """Whether the venue has been asked, and what was given waits to be kept."""
        self._busy = False
        self._head = Lines(((), ()), id="head")
        self._note = Lines(tuple(() for _line in range(NOTE_LINES)), id="note")
        self._answer = Entry("> ", id="answer")
        self._unseen = HiddenEntry(id="unseen")

    def content(self) -> ComposeResult:
        yield self._head
        yield self._answer
        yield self._unseen
        yield self._note
        with Horizontal(id="buttons"):
            yield Press(_("Keep it"), id="keep")
            yield Press(_("Cancel"), id="cancel")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#keep", Press).display = False
        self._ask_venue()

    # -- questions

    def _question(self, title: str, doc: str, *, hidden: bool, text: str = "") -> None:
        self._head.show((cell(title, "bright"), cell(doc, "dim")))
        self._answer.display = not hidden
        self._unseen.display = hidden
        self._answer.put(text)
        self._unseen.clear()
        (self._unseen if hidden else self._answer).focus()

    def _ask_venue(self) -> None:
        self._venue = None
        self._question(_("Which venue?"), _("its name; tab completes it"), hidden=False)
        self._tell_venues("")

    def _tell_venues(self, typed: str) -> None:
        names = [name for name in self._venues if name.startswith(typed)]
        self.say("  ".join(names) if names else _("no venue begins so: {names}").format(names=", ".join(self._venues)))

    def _ask_name(self) -> None:
        assert self._venue is not None
        title = _("What is the account to be called here?")
        self._question(title, _("letters, digits, - and _; up to 24"), hidden=False, text=self._venue.name)
        self.say(said(self._venue.missing), "warn" if self._venue.missing else "dim")

    def _ask_field(self) -> None:
        assert self._venue is not None
        field = self._asked[self._at]
        count = _("{venue}, {number} of {total}").format(
            venue=self._venue.name, number=self._at + 1, total=len(self._asked)
        )
        optional = f" {_('(may be left empty)')}" if field.optional else ""
        self._question(f"{count}: {said(_(field.label))}{optional}", said(_(field.expected)), hidden=not field.public)
        self.say(said(self._venue.hint))

    # -- answers

    def on_entry_changed(self, message: Entry.Changed) -> None:
        if self._venue is None:
            self._tell_venues(message.text.strip().lower())

    def on_entry_special(self, message: Entry.Special) -> None:
        if message.key == "escape":
            self.action_cancel()
        elif message.key == "tab" and self._venue is None:
            names = [name for name in self._venues if name.startswith(self._answer.text.strip().lower())]
            if names:
                self._answer.put(names[0])
        elif message.key in ("tab", "shift+tab"):
            self.focus_next()

    def on_entry_submitted(self, message: Entry.Submitted) -> None:
        text = message.text.strip()
        if self._busy:
            return
        if self._venue is None:
            self._venue_given(text.lower())
        elif not self._account:
            self._run(self._name_given(text))
        else:
            self._field_given(Secret(text))

    def on_hidden_entry_submitted(self) -> None:
        if not self._busy:
            self._field_given(self._unseen.take())

    def _venue_given(self, name: str) -> None:
        venue = self._venues.get(name)
        if venue is None:
            self.say(
                _("{name} is no venue here; there are {names}").format(name=name or "-", names=", ".join(self._venues)),
                "crit",
            )
            return
        self._venue = venue
        self._ask_name()

    async def _name_given(self, name: str) -> None:
        assert self._venue is not None
        wrong = await self._setup.check_name(name)
        keyring = await self._setup.keyring()
        if wrong or keyring.trouble:
            self.say(f"✗ {said(wrong or keyring.trouble)}", "crit")
            return
        self._account, self._keyring = name, keyring
        asked = {"no": [], "ask": [PASSPHRASE], "new": [PASSPHRASE, AGAIN]}[keyring.passphrase]
        self._asked = [*self._venue.fields, *asked]
        self._at = 0
        self._ask_field()

    def _field_given(self, value: Secret) -> None:
        assert self._venue is not None
        field = self._asked[self._at]
        wrong = self._wrong(field, value)
        if wrong:
            self.say(f"✗ {wrong}", "crit")
            return
        self._given[field.name] = value
        self._at += 1
        if self._at < len(self._asked):
            self._ask_field()
        else:
            self._run(self._try())

    def _wrong(self, field: AskedField, value: Secret) -> str:
        assert self._venue is not None
        if field is PASSPHRASE:
            return "" if value else _("a passphrase is needed; `cockpit keys` asks for the same one")
        if field is AGAIN:
            return "" if value == self._given[PASSPHRASE.name] else _("the two differ; type it once more")
        return self._setup.check_field(self._venue.name, field.name, value)

    def _key(self) -> dict[str, Secret]:
        extra = (PASSPHRASE.name, AGAIN.name)
        return {name: value for name, value in self._given.items() if name not in extra and value}

    async def _try(self) -> None:
        assert self._venue is not None
        self._answer.display = self._unseen.display = False
        self._head.show((cell(_("Asking {venue}, read-only …").format(venue=self._venue.name), "bright"), ()))
        self.say("")
        trial = await self._setup.try_key(self._venue.name, self._key())
        words = " ".join(map(said, trial.lines))
        if trial.verdict == "refused":
            self._at = 0
            self._given.clear()
            self._ask_field()
            self.say(f"✗ {words}", "crit")
            return
        self._ready = True
        good = trial.verdict == "good"
        title = _("The venue takes the key") if good else _("Nobody knows yet whether the key is good")
        assert self._keyring is not None
        where = _("{account}: its key goes into {where}, and it only watches until you let it trade.").format(
            account=self._account, where=self._keyring.where
        )
        self._head.show((cell(title, "up" if good else "warn"), ()))
        self.say(f"{words} {where}", "text" if good else "warn")
        keep = self.query_one("#keep", Press)
        keep.display = True
        # what was not refused is kept by a key of its own; enter alone keeps only what the venue has taken
        self.query_one("#keep" if good else "#cancel", Press).focus()

    # -- the end

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "keep" and self._ready:
            self._run(self._keep())
        elif event.button.id == "cancel":
            self.dismiss(None)

    async def _keep(self) -> None:
        assert self._venue is not None
        try:
            done = await self._setup.add_account(
                self._account, self._venue.name, self._key(), self._given.get(PASSPHRASE.name)
            )
        except SetupError as error:
            self.say(f"✗ {said(str(error))}", "crit")
            return
        self._given.clear()
        self.dismiss(done)

    def action_cancel(self) -> None:
        """A question back; from the first one, out."""
        if self._busy:
            return
        if self._ready or self._venue is None:
            self._given.clear()
            self.dismiss(None)
        elif not self._account:
            self._ask_venue()
        elif self._at == 0:
            self._account = ""
            self._given.clear()
            self._ask_name()
        else:
            self._at -= 1
            self._given.pop(self._asked[self._at].name, None)
            self._ask_field()

    # -- words

    def say(self, text: str, ink: str = "dim") -> None:
        width = max(20, (self._note.size.width or self.app.size.width - 6))
        lines: list[Cell] = [cell(line, ink) for line in wrapped(text, width, NOTE_LINES)]
        self._note.show((*lines, *(() for _line in range(NOTE_LINES - len(lines)))))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """One thing at a time; what comes meanwhile waits for nothing and does nothing."""
        self._busy = True

        async def run() -> None:
            try:
                await work
            finally:
                self._busy = False

        self.run_worker(run(), group="setup")
