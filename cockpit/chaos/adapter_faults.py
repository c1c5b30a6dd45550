"""What the network and the venue's front do to single requests and frames of one account."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import msgspec

from cockpit.chaos.gate import LATE_ANSWER_S, LATE_REQUEST_S, NOT_FOUND_S, STALE_S, ChaosGate
from cockpit.chaos.kinds import Fault
from venues.model import NS_PER_MS, NS_PER_S
from venues.served.dialect import HttpAnswer, HttpRequest
from venues.served.faults import Fault as ServedFault
from venues.served.faults import FaultKind

TRADING = frozenset({"/fapi/v1/order", "/exchange", "/api/v1/sendTx"})
"""Paths of orders and cancels, each with a method other than GET."""
NEWS = ("ORDER_TRADE_UPDATE", '"orderUpdates"', '"userFills"', "update/account_all_orders", "update/account_all_trades")
"""What marks a frame as news of the account's orders and fills."""
REFUSALS = {
    Fault.ERROR_BEFORE: FaultKind.ERROR_BEFORE,
    Fault.ERROR_AFTER: FaultKind.ERROR_AFTER,
    Fault.RATE_LIMITED: FaultKind.RATE_LIMIT,
    Fault.NONCE_REFUSED: FaultKind.NONCE,
}
Refusal = Callable[[ServedFault, HttpRequest], HttpAnswer | None]
"""The venue's own words for a fault that answers."""


def trades(request: HttpRequest) -> bool:
    """Whether it is an order or a cancel."""
    return request.method != "GET" and request.path in TRADING


class Fate(msgspec.Struct, frozen=True):
    """How one request goes."""

    lost: bool = False
    late_ns: int = 0
    instead: HttpAnswer | None = None
    """What is answered in place of the truth."""
    effect: bool = True
    """Whether it reaches the exchange where something else is answered."""
    answer_lost: bool = False
    answer_late_ns: int = 0


class Frame(msgspec.Struct, frozen=True):
    """How one frame comes."""

    lost: bool = False
    late_ns: int = 0
    again_ns: tuple[int, ...] = ()
    """How long after it would have come it comes once more."""


SOUND, SOUND_FRAME = Fate(), Frame()


class WireFaults:
    """Draws by the rates of the account's gate, which counts what strikes."""

    def __init__(self, gate: ChaosGate, rng: random.Random, refusal: Refusal) -> None:
        self._gate = gate
        self._rng = rng
        self._refusal = refusal
        self.arrived: Mapping[str, str] = {}
        """The venue's name of each order that reached the exchange, to ours."""
        self._veiled: dict[str, int] = {}
        """Orders that are denied in look-ups, by our client order id, and until when, ns."""
        self._hushed: set[str] = set()
        """Orders of which no news is told either, by our client order id."""

    def request(self, request: HttpRequest, client_order_id: str, *, cancel: bool) -> Fate:
        gate, rng = self._gate, self._rng
        if Fault.REST_SILENT in gate.on and not trades(request):
            gate.disturb()
            return Fate(answer_lost=True)
        if not gate.rates:
            return SOUND
        what = f"{request.method} {request.path} {client_order_id}".rstrip()
        for kind, served in REFUSALS.items():
            if kind in gate.rates:
                instead = self._refusal(ServedFault(served), request)
                if instead is not None and gate.drawn(kind, what):
                    return Fate(instead=instead, effect=kind is Fault.ERROR_AFTER)
        if (denial := self._denial(request)) is not None:
            return Fate(instead=denial, effect=False)
        if not client_order_id or not trades(request):
            return SOUND
        if gate.drawn(Fault.CANCEL_LOST if cancel else Fault.REQUEST_LOST, what):
            return Fate(lost=True)
        if gate.drawn(Fault.ACK_LOST, what):
            if rng.random() < 0.5:
                self._hushed.add(client_order_id)
            return Fate(answer_lost=True)
        if gate.drawn(Fault.ANSWER_LATE, what):
            if rng.random() < 0.5:
                return Fate(late_ns=int(rng.uniform(LATE_REQUEST_S[0], gate.latest_s) * NS_PER_S))
            return Fate(answer_late_ns=int(rng.uniform(*LATE_ANSWER_S) * NS_PER_S))
        return SOUND

    def _denial(self, request: HttpRequest) -> HttpAnswer | None:
        """What the venue says to a look-up of an order that it has and denies."""
        if Fault.NOT_FOUND not in self._gate.rates:
            return None
        if request.method == "GET" and request.path == "/fapi/v1/order":
            asked, denial = request.query, HttpAnswer.json({"code": -2013, "msg": "Order does not exist."}, 400)
        elif request.path == "/info" and b'"orderStatus"' in request.body:
            asked, denial = request.body.decode(), HttpAnswer.json({"status": "unknownOid"})
        else:
            return None
        for name, ours in self.arrived.items():
            if name in asked:
                return denial if self._denied(ours) else None
        return None

    def _denied(self, ours: str) -> bool:
        gate, now = self._gate, self._gate.now()
        if ours not in self._veiled:
            struck = gate.drawn(Fault.NOT_FOUND, ours)
            self._veiled[ours] = now + int(self._rng.uniform(*NOT_FOUND_S) * NS_PER_S) if struck else 0
        if self._veiled.get(ours, 0) <= now:
            return False
        gate.disturb()
        return True

    def frame(self, text: str, account: str) -> Frame:
        gate, rng = self._gate, self._rng
        if not gate.rates or not account or not any(mark in text for mark in NEWS):
            return SOUND_FRAME
        if self._hushed and any(ours in self._hushed and name in text for name, ours in self.arrived.items()):
            gate.disturb()
            return Frame(lost=True)
        if gate.drawn(Fault.UPDATE_LOST, "news"):
            return Frame(lost=True)
        if gate.drawn(Fault.DUPLICATED, "news"):
            return Frame(again_ns=(0,))
        if gate.drawn(Fault.REORDERED, "news"):
            return Frame(late_ns=int(rng.uniform(1.0, 400.0) * NS_PER_MS))
        if gate.drawn(Fault.STALE_PARTIAL, "news"):
            return Frame(again_ns=(int(rng.uniform(*STALE_S) * NS_PER_S),))
        return SOUND_FRAME
