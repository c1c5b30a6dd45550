"""Live tweaks: staged step by step or exactly, sent in one command, undone once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cockpit.link.client import LinkError
from cockpit.link.messages import SetParams
from cockpit.link.rows import LoopRow
from cockpit.screens.staging import agreed, refusal, same
from strategies.params import ParamSpec
from widgets.desk_words import said
from widgets.i18n import _

if TYPE_CHECKING:
    from cockpit.screens.talking import TalkingApp

ENDED = frozenset(("done", "stopped"))
"""States of a loop that takes no change any more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A change that this client has sent and the desk may have taken."""

    loop: str
    changes: Mapping[str, tuple[str, str]]
    """Parameter → (old value, new value)."""


class Tweaks:
    """One for the whole client: every screen stages here, and `undo` knows what was sent last from any of them."""

    def __init__(self, app: TalkingApp) -> None:
        self._app = app
        self.last: Sent | None = None

    # -- stage

    def nudge(self, row: LoopRow, name: str, steps: int) -> None:
        """Stage a parameter some steps further; the step is the parameter's own."""
        self._app.run_worker(self._stage(row, name, steps, None), group="staging")

    def put(self, row: LoopRow, name: str, value: str) -> None:
        """Stage exactly this value."""
        self._app.run_worker(self._stage(row, name, 0, value), group="staging")

    def check(self, row: LoopRow, spec: ParamSpec, value: str) -> str:
        """Why a value cannot be staged for a loop; empty where it can."""
        if row.state in ENDED:
            return _("{loop} has ended; n launches a new one").format(loop=row.id)
        return refusal(spec, value)

    async def _stage(self, row: LoopRow, name: str, steps: int, value: str | None) -> None:
        if row.state in ENDED:
            self._app.say(_("{loop} has ended; n launches a new one").format(loop=row.id), "warning")
            return
        spec = await self.spec(row, name)
        if spec is None:
            return
        staging = self._app.staging
        why = staging.step(row, spec, steps) if value is None else staging.put(row, spec, value)
        if why:
            self._app.say(why, "warning")
        self.changed()

    async def spec(self, row: LoopRow, name: str) -> ParamSpec | None:
        """A parameter of the loop's strategy; says so where there is none or the desk does not tell."""
        try:
            specs = await self._app.specs(row.strategy)
        except LinkError as error:
            self._app.say(said(str(error)), "error")
            return None
        spec = next((spec for spec in specs if spec.name == name), None)
        if spec is None:
            live = ", ".join(spec.name for spec in specs if spec.live)
            words = _("{strategy} has no parameter {name}; live ones are {live}")
            self._app.say(words.format(strategy=row.strategy, name=name, live=live), "warning")
        return spec

    def drop(self, loop: str) -> bool:
        """Forget what is staged for a loop; True if there was anything."""
        dropped = self._app.staging.drop(loop)
        if dropped:
            self.changed()
        return dropped

    def changed(self) -> None:
        """Show what is staged now."""
        self._app.staged_changed()

    # -- send and undo

    def send(self, loop: str) -> bool:
        """Send a loop's staged changes, all in one command, once. False where nothing is staged."""
        row = self._app.link.store.loops.get(loop)
        changes = self._app.staging.begin(loop)
        if changes:
            old = {} if row is None else {name: agreed(row, name) for name in changes}
            self._app.run_worker(self._send(loop, changes, old), group="commands")
        return bool(changes)

    async def _send(self, loop: str, changes: dict[str, str], old: Mapping[str, str]) -> None:
        words = ", ".join(f"{name} {value}" for name, value in changes.items())
        done = _("{loop}: {changes}, at the next safe point").format(loop=loop, changes=words)
        answer = await self._app.deliver(SetParams(loop, changes), done)
        if answer.taken or answer.unsure:
            self.sent(loop, {name: (old.get(name, ""), value) for name, value in changes.items()})
        self._app.staging.end(loop, taken=answer.taken)
        self.changed()

    def sent(self, loop: str, changes: Mapping[str, tuple[str, str]]) -> None:
        """Remember a change that went out, for `undo`."""
        self.last = Sent(loop, dict(changes))

    def undo(self) -> None:
        """Send the old values of the last change of this client, once; not where somebody has changed them since."""
        last = self.last
        if last is None:
            self._app.say(_("nothing to undo: no change was sent from here"), "warning")
            return
        row = self._app.link.store.loops.get(last.loop)
        if row is None or row.state in ENDED:
            self.last = None
            self._app.say(_("nothing to undo: {loop} has ended").format(loop=last.loop), "warning")
            return
        for name, (old, new) in last.changes.items():
            now = agreed(row, name)
            if not same(now, new):
                words = (
                    _("not undone: the desk does not show {name} {new} of {loop} yet")
                    if same(now, old)
                    else _("not undone: {name} of {loop} is {now} by now, not the {new} sent from here; @ shows who")
                )
                self._app.say(words.format(name=name, loop=last.loop, now=now, new=new), "warning")
                return
        self.last = None
        self._app.run_worker(self._undo(last), group="commands")

    async def _undo(self, last: Sent) -> None:
        back = {name: old for name, (old, _new) in last.changes.items()}
        words = ", ".join(f"{name} {new} → {old}" for name, (old, new) in last.changes.items())
        done = _("{loop}: undone, {changes}, at the next safe point").format(loop=last.loop, changes=words)
        answer = await self._app.deliver(SetParams(last.loop, back), done)
        if not answer.taken and not answer.unsure and self.last is None:
            self.last = last
