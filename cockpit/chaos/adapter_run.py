"""One seed through the real adapter, from its plan to its verdict."""

from __future__ import annotations

from msgspec.structs import replace

from cockpit.chaos.adapter_plan import draw_adapter
from cockpit.chaos.adapter_trouble import AdapterTrouble
from cockpit.chaos.adapter_world import AdapterWorld
from cockpit.chaos.plan import Plan
from cockpit.chaos.run import Outcome, Run
from cockpit.chaos.trouble import Trouble
from cockpit.chaos.truth import COVERING
from cockpit.chaos.world import Alter


class AdapterRun(Run):
    """A `Run` whose world is an `AdapterWorld`."""

    def __init__(self, plan: Plan, *, keep: bool = False, alter: Alter | None = None) -> None:
        self.venues = AdapterWorld(plan, keep=keep, alter=alter)
        super().__init__(plan, world=self.venues)
        for line in self.venues.lines.values():
            line.on_lost = self._lost
        self.venues.reached = self._reached  # type: ignore[method-assign]  # see there

    def _trouble(self) -> Trouble:
        return AdapterTrouble(self.venues, self.truth, self.operator, self.wire)

    def _lost(self, client_order_id: str) -> None:
        self.truth.ended(client_order_id)

    def _reached(self, account: str, client_order_id: str) -> None:
        """One that was believed lost may fill after all."""
        sent = self.truth.sent.get(client_order_id)
        if sent is not None and sent.ended and not sent.filled:
            sent.ended = False
            if sent.role in COVERING:
                self.truth.covering[client_order_id] = sent

    def _audit(self) -> None:
        """The journal has the venue's trade ids: so must the truth."""
        for account, fills in self.truth.fills.items():
            names = {true: told for told, true in self.venues.trades(account).items()}
            self.truth.fills[account] = [replace(fill, trade_id=names.get(fill.trade_id, "")) for fill in fills]
        super()._audit()


def run_adapter_seed(seed: int, *, keep: bool = False, alter: Alter | None = None) -> Outcome:
    """Draw the plan of `seed` and run it."""
    return AdapterRun(draw_adapter(seed), keep=keep, alter=alter).go()
