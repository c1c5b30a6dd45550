"""Exact edit of a running loop: its live parameters, old value beside the new one, sent by enter."""

from __future__ import annotations

from cockpit.link.client import LinkError
from cockpit.link.messages import SetParams, Verb
from cockpit.link.rows import LoopRow
from cockpit.screens.form import FormDialog
from cockpit.screens.staging import refusal
from strategies.params import ParamSpec
from widgets.desk_words import said
from widgets.fields import Field, FieldList
from widgets.i18n import N_, _


class EditDialog(FormDialog):
    SUBMIT_LABEL = N_("Send")

    def __init__(self, row: LoopRow, staged: dict[str, str]) -> None:
        super().__init__()
        self._row = row
        self._staged = staged
        self._specs: dict[str, ParamSpec] = {}
        self._sent: dict[str, tuple[str, str]] = {}
        """Old and new value of what was sent last."""

    def title_text(self) -> str:
        return _("Edit {loop}: takes effect at the next safe point").format(loop=self._row.id)

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._load(), group="form")

    async def _load(self) -> None:
        try:
            specs = await self.cockpit.specs(self._row.strategy)
        except LinkError as error:
            self.say(f"✗ {said(str(error))}", "crit")
            return
        self._specs = {spec.name: spec for spec in specs}
        fields = []
        for spec in specs:
            if not spec.live:
                continue
            was = self._row.pending.get(spec.name, self._row.params.get(spec.name, ""))
            choices = ("yes", "no") if spec.kind == "bool" else spec.choices
            fields.append(
                Field(
                    spec.name,
                    self._staged.get(spec.name, was),
                    doc=spec.doc,
                    unit=spec.unit,
                    bounds=spec.bounds,
                    choices=choices,
                    free=not choices,
                    was=was,
                )
            )
        self.load(fields)

    def on_field_list_submitted(self, event: FieldList.Submitted) -> None:
        """Enter sends: the old value stands beside the new one, so this is the confirmation."""
        event.prevent_default()  # other forms go to the next field
        self.action_submit()

    def action_submit(self) -> None:
        if self._in_bounds():
            super().action_submit()

    def _in_bounds(self) -> bool:
        """Mark what breaks a bound of its own; the desk is not asked for that."""
        for index, field in enumerate(self.fields.fields):
            field.error = refusal(self._specs[field.name], field.value.strip()) if field.changed else ""
            if field.error:
                self.fields.go(index)
                self.say(f"✗ {field.error}", "crit")
                self.fields.focus()
                return False
        return True

    def verb(self) -> Verb | None:
        changed = [field for field in self.fields.fields if field.changed]
        self._sent = {field.name: (field.was, field.value.strip()) for field in changed}
        changes = {name: new for name, (_old, new) in self._sent.items()}
        return SetParams(self._row.id, changes) if changes else None

    def done_text(self) -> str:
        self.cockpit.tweaks.sent(self._row.id, self._sent)
        self.cockpit.tweaks.drop(self._row.id)
        return _("{loop}: taken, in effect at the next safe point").format(loop=self._row.id)
