"""The exchange's own part in what goes wrong behind a served dialect: refusals, races, and what it says of positions.
The line between the exchange and its own front is sound; faults of the network are the wire's."""

from __future__ import annotations

from collections.abc import Callable

from cockpit.chaos.gate import ChaosGate
from venues.model import OrderRequest
from venues.paper.faults import SOUND, Message, Passage


class AdapterGate(ChaosGate):
    """`on` and `rates` are the account's; the wire reads them too."""

    reach: Callable[[str], None]
    """Told the venue's name of each order that sets out for the book."""

    @property
    def up(self) -> bool:
        return True

    @property
    def sound(self) -> bool:
        return True

    def passage(self, message: Message, subject: object = None) -> Passage:
        if message is Message.SUBMIT and isinstance(subject, OrderRequest):
            self.reach(subject.client_order_id)
        return SOUND

    def arrives(self, message: Message) -> bool:
        return True
