"""A connection that does what a story says: this fill is lost, that cancel comes too late, nothing by chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import StrEnum

import msgspec

from cockpit.chaos.gate import ChaosGate, Strike
from cockpit.chaos.kinds import Fault
from cockpit.desk.ids import OrderId
from venues.model import (
    NS_PER_S,
    CancelReport,
    FillReport,
    FundingPayment,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
)
from venues.paper.faults import LOST, SOUND, Message, Passage


class Letter(StrEnum):
    """What a rule is about."""

    REQUEST = "request"
    """An order on its way to the venue."""
    CANCEL = "cancel"
    REFUSAL = "refusal"
    """The answer to a cancel that came too late."""
    ACK = "ack"
    """The first word about an order."""
    UPDATE = "update"
    """Any later word about its state."""
    FILL = "fill"
    ANSWERS = "answers"
    """Every word about the next order that there is a word about, its fills too."""
    FUNDING = "funding"


class Rule(msgspec.Struct):
    """Strikes the next `left` messages that fit, and is spent."""

    letter: Letter
    fault: Fault
    passage: Passage
    role: str = ""
    """Of the order; empty for any."""
    left: int = 1
    order: str = ""
    """The one order that `ANSWERS` has fastened on."""


class Refusal(msgspec.Struct):
    """The venue rejects the next `left` orders of a role."""

    reason: RejectReason
    text: str
    role: str
    left: int


class ScriptedGate(ChaosGate):
    """States come and go as with any gate; single messages are struck by rules, oldest rule first."""

    def __init__(self, account: str, now: Callable[[], int], strike: Strike) -> None:
        # Nothing is drawn: there are no rates.
        super().__init__(account, random.Random(0), {}, now, strike)
        self.rules: list[Rule] = []
        self.refusals: list[Refusal] = []
        self.next_race = 0.0
        """Share of what is left of an order that trades just before the next cancel takes effect."""
        self.next_hidden: tuple[str, float] | None = None
        """(role, seconds): the next order of the role is denied for so long once it is at the venue."""
        self._heard_of: set[str] = set()

    @property
    def sound(self) -> bool:
        """A rule may be made at any time: requests are always watched for answers."""
        return False

    def passage(self, message: Message, subject: object = None) -> Passage:
        by_state = super().passage(message, subject)
        if by_state is not SOUND or message in (Message.DATA, Message.QUERY):
            return by_state
        if message is Message.SUBMIT and isinstance(subject, OrderRequest):
            self._hide(subject.client_order_id)
        letter, order_id = self._letter(message, subject)
        if letter is None:
            return SOUND
        for rule in self.rules:
            if not self._fits(rule, letter, order_id):
                continue
            if rule.letter is not Letter.ANSWERS:
                rule.left -= 1
            if not rule.left:
                self.rules.remove(rule)
            if letter is Letter.REQUEST and rule.passage is LOST:
                self.on_lost_request(order_id)
            self._struck(rule.fault, order_id or letter.value)
            return rule.passage
        return SOUND

    def refusal(self, request: OrderRequest) -> tuple[RejectReason, str] | None:
        for no in self.refusals:
            if no.role in ("", _role(request.client_order_id)):
                no.left -= 1
                if not no.left:
                    self.refusals.remove(no)
                self._struck(_FAULT_OF.get(no.reason, Fault.REJECT_BALANCE), request.client_order_id)
                return no.reason, no.text
        return None

    def races(self, client_order_id: str) -> float:
        share, self.next_race = self.next_race, 0.0
        if share:
            self._struck(Fault.CANCEL_FILLED if share == 1.0 else Fault.CANCEL_RACED, client_order_id)
        return share

    # -- which message is struck

    def _letter(self, message: Message, subject: object) -> tuple[Letter | None, str]:
        if message is Message.SUBMIT and isinstance(subject, OrderRequest):
            return Letter.REQUEST, subject.client_order_id
        if message is Message.CANCEL:
            return Letter.CANCEL, str(subject)
        if message is Message.CANCEL_FAILED and isinstance(subject, CancelReport):
            return Letter.REFUSAL, subject.client_order_id
        if message is Message.FILL and isinstance(subject, FillReport):
            return Letter.FILL, subject.client_order_id
        if message is Message.ORDER and isinstance(subject, OrderStatusReport):
            first = subject.client_order_id not in self._heard_of
            self._heard_of.add(subject.client_order_id)
            return (Letter.ACK if first else Letter.UPDATE), subject.client_order_id
        if message is Message.FUNDING and isinstance(subject, FundingPayment):
            return Letter.FUNDING, ""
        return None, ""

    @staticmethod
    def _fits(rule: Rule, letter: Letter, order_id: str) -> bool:
        if rule.letter is Letter.ANSWERS and letter in (Letter.ACK, Letter.UPDATE, Letter.FILL):
            if not rule.order and rule.role in ("", _role(order_id)):
                rule.order = order_id
            return rule.order == order_id
        return rule.letter is letter and rule.role in ("", _role(order_id))

    def _struck(self, kind: Fault, what: str) -> None:
        self._strike(self.account, kind, what)
        self.disturbed_ts = self.now()

    # -- orders that the venue denies

    def _hide(self, order_id: str) -> None:
        if self.next_hidden is None or self.next_hidden[0] not in ("", _role(order_id)):
            return
        self._veiled[order_id] = self.now() + int(self.next_hidden[1] * NS_PER_S)
        self._struck(Fault.NOT_FOUND_LONG if self.next_hidden[1] >= 600 else Fault.NOT_FOUND, order_id)
        self.next_hidden = None

    def _veils(self, report: OrderStatusReport) -> bool:
        return report.status is not OrderStatus.UNKNOWN and self._is_veiled(report.client_order_id)


_FAULT_OF = {
    RejectReason.POST_ONLY: Fault.REJECT_POST_ONLY,
    RejectReason.MARGIN: Fault.REJECT_BALANCE,
    RejectReason.RATE_LIMIT: Fault.REJECT_RATE_LIMIT,
    RejectReason.NONCE: Fault.REJECT_NONCE,
    RejectReason.PRICE_BAND: Fault.REJECT_PRICE_BAND,
}


def lost(letter: Letter, role: str = "", times: int = 1) -> Rule:
    """The next `times` messages never come."""
    return Rule(letter, _LOSES[letter], LOST, role, times)


def late(letter: Letter, seconds: float, role: str = "", times: int = 1) -> Rule:
    """They come, beside all others, this much later."""
    passage = Passage(extra_ns=int(seconds * NS_PER_S), overtakes=True)
    return Rule(letter, Fault.ANSWER_LATE, passage, role, times)


def twice(letter: Letter, role: str = "", times: int = 1, after_s: float = 0.0) -> Rule:
    """They come twice: at once, or the second time `after_s` later, stale by then."""
    if after_s:
        return Rule(letter, Fault.STALE_PARTIAL, Passage(echo_ns=int(after_s * NS_PER_S)), role, times)
    return Rule(letter, Fault.DUPLICATED, Passage(copies=2), role, times)


_LOSES = {
    Letter.REQUEST: Fault.REQUEST_LOST,
    Letter.CANCEL: Fault.CANCEL_LOST,
    Letter.REFUSAL: Fault.UPDATE_LOST,
    Letter.ACK: Fault.ACK_LOST,
    Letter.UPDATE: Fault.UPDATE_LOST,
    Letter.FILL: Fault.FILL_LOST,
    Letter.ANSWERS: Fault.ACK_LOST,
    Letter.FUNDING: Fault.FUNDING_LATE,
}


def _role(order_id: str) -> str:
    parsed = OrderId.parse(order_id)
    return "" if parsed is None else parsed.role.value
