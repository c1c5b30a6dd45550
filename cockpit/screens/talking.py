"""The app's talk with the desk: a command goes out, and what is said is what the desk answered."""

from __future__ import annotations

import msgspec

from cockpit.link.client import Link, LinkError
from cockpit.link.messages import Query, Verb
from cockpit.screens.painting import PaintingApp
from cockpit.screens.tweaks import Tweaks
from strategies.params import ParamSpec
from venues.model import Clock
from widgets.desk_words import said
from widgets.i18n import _


class StrategyDoc(msgspec.Struct, frozen=True):
    """What the desk tells of a strategy."""

    kind: str
    doc: str
    params: tuple[ParamSpec, ...]


class Delivery(msgspec.Struct, frozen=True):
    """What came of a command."""

    taken: bool
    """The desk has said yes."""
    unsure: bool = False
    """No answer came: it may have been done all the same."""


class TalkingApp(PaintingApp):
    def __init__(self, link: Link, clock: Clock) -> None:
        super().__init__(link, clock)
        self._strategies: dict[str, StrategyDoc] = {}
        self.tweaks = Tweaks(self)

    def command(self, verb: Verb, done: str) -> None:
        """Send; say `done` once the desk has acknowledged it, or why it would not."""
        self.run_worker(self.deliver(verb, done), group="commands")

    async def deliver(self, verb: Verb, done: str) -> Delivery:
        """As `command`, and wait for the answer."""
        try:
            ack = await self.link.send(verb)
        except LinkError as error:
            unsure = _("it may have been done all the same, look before you repeat it") if error.unknown else ""
            self.say("; ".join(filter(None, (said(str(error)), unsure))), "error")
            return Delivery(taken=False, unsure=error.unknown)
        if ack.ok:
            self.say(done)
        else:
            self.say(said(ack.error), "error")
        return Delivery(taken=ack.ok)

    @property
    def strategies(self) -> dict[str, StrategyDoc]:
        """Those that the desk has been asked for so far."""
        return self._strategies

    async def specs(self, kind: str) -> tuple[ParamSpec, ...]:
        """Parameters of a strategy, asked of the desk once. Raises `LinkError`."""
        if kind not in self._strategies:
            ack = await self.link.send(Query("strategies"))
            if not ack.ok:
                raise LinkError(ack.error, ack.id, unknown=False)
            docs = msgspec.json.decode(ack.result, type=tuple[StrategyDoc, ...])
            self._strategies = {doc.kind: doc for doc in docs}
            if kind not in self._strategies:
                known = ", ".join(self._strategies)
                raise LinkError(f"the desk has no strategy {kind!r}; it has {known}", ack.id, unknown=False)
        return self._strategies[kind].params
