"""Exact edit of a running loop: its live parameters, old value beside the new one, sent by enter."""

from __future__ import annotations

from cockpit.link.client import LinkError
from cockpit.link.messages import SetParams, Verb
from cockpit.link.rows import LoopRow
from cockpit.screens.form import FormDialog
from widgets.fields import Field


class EditDialog(FormDialog):
    SUBMIT_LABEL = "Send"

    def __init__(self, row: LoopRow, staged: dict[str, str]) -> None:
        super().__init__()
        self._row = row
        self._staged = staged

    def title_text(self) -> str:
        return f"Edit {self._row.id}: takes effect at the next safe point"

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._load(), group="form")

    async def _load(self) -> None:
        try:
            specs = await self.cockpit.specs(self._row.strategy)
        except LinkError as error:
            self.say(f"✗ {error}", "crit")
            return
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

    def on_field_list_submitted(self) -> None:
        """Enter sends: the old value stands beside the new one, so this is the confirmation."""
        self.action_submit()

    def verb(self) -> Verb | None:
        changes = {field.name: field.value.strip() for field in self.fields.fields if field.changed}
        return SetParams(self._row.id, changes) if changes else None

    def done_text(self) -> str:
        self.cockpit.staging.drop(self._row.id)
        return f"{self._row.id}: taken, in effect at the next safe point"
