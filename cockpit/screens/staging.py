"""Changes the operator has made on the screen and not sent yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from cockpit.link.rows import LoopRow
from strategies.params import ParamSpec
from widgets.i18n import _

SPECIAL_ZERO = re.compile(r"\b0(:| for )")
"""In a parameter's words: `0: off`, `0 for no end`."""
COMPARE = {">": Decimal.__gt__, ">=": Decimal.__ge__, "<": Decimal.__lt__, "<=": Decimal.__le__}
"""How the bounds of a parameter are written."""


def agreed(row: LoopRow, name: str) -> str:
    """The value that the desk has acknowledged last: in effect, or waiting for the safe point."""
    return row.pending.get(name, row.params.get(name, ""))


def same(a: str, b: str) -> bool:
    """Whether two values are one, as numbers where they are numbers."""
    if a == b:
        return True
    x, y = _number(a), _number(b)
    return x is not None and x == y


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _typed(number: Decimal) -> str:
    """As one would type it."""
    return f"{number.normalize():f}"


def refusal(spec: ParamSpec, value: str) -> str:
    """Why a value cannot be staged, with the bound that it breaks; empty where it can. The desk has the last word."""
    if not spec.live:
        return _("{name}: fixed at launch, it cannot change while the loop runs").format(name=spec.name)
    choices = ("yes", "no") if spec.kind == "bool" else spec.choices
    if choices:
        if value in choices:
            return ""
        words = _("{name}: {value} is not valid; expected one of {choices}")
        return words.format(name=spec.name, value=value, choices=", ".join(choices))
    if spec.kind == "text":
        return ""
    number = _number(value)
    if number is None or (spec.kind == "int" and number != number.to_integral_value()):
        noun = _("a whole number") if spec.kind == "int" else _("a number")
        return _("{name}: {value} is not valid; expected {noun}").format(name=spec.name, value=value, noun=noun)
    for bound in filter(None, spec.bounds.split(", ")):
        sign, _blank, limit = bound.partition(" ")
        if sign in COMPARE and not COMPARE[sign](number, Decimal(limit)):
            unit = f" {spec.unit}" if spec.unit else ""
            words = _("{name}: {value} is out of bounds; expected {bound}{unit}")
            return words.format(name=spec.name, value=value, bound=bound, unit=unit)
    return ""


def stepped(row: LoopRow, now: str, spec: ParamSpec, steps: int) -> str:
    """The value `steps` further; choices go round. Empty where steps lead nowhere: a text, or a zero that means
    something else than little (off, no end), which has to be typed.

    Without a step of the parameter's own, a tenth of its leading digit's unit is one: 7 moves by 0.1, 0.05 by 0.001;
    whole numbers move by 1, and so does what stands at 0. What a zero stands for is counted on from: endless cycles
    from those that are done, a position of 0 from the size."""
    choices = ("yes", "no") if spec.kind == "bool" else spec.choices
    if choices:
        at = choices.index(now) if now in choices else -1
        return choices[(at + steps) % len(choices)]
    number = _number(now)
    if number is None:
        return ""
    if not number and spec.name == "iterations":
        number = Decimal(row.iterations_done)
    elif not number and spec.name == "max_position":
        number = _number(agreed(row, "size")) or number
    if spec.step:
        by = Decimal(spec.step)
    elif spec.kind == "int" or not number:
        by = Decimal(1)
    else:
        by = Decimal(1).scaleb(number.adjusted() - 1)
    value = number + by * steps
    return "" if value <= 0 and SPECIAL_ZERO.search(spec.doc) else _typed(value)


class Staging:
    """Loop id → parameter → new value. Sent by enter, dropped by escape, kept where the desk refuses."""

    def __init__(self) -> None:
        self._changes: dict[str, dict[str, str]] = {}
        self._sending: set[str] = set()

    @property
    def all(self) -> Mapping[str, Mapping[str, str]]:
        return self._changes

    def of(self, loop: str) -> dict[str, str]:
        """A copy of one loop's changes."""
        return dict(self._changes.get(loop, {}))

    def step(self, row: LoopRow, spec: ParamSpec, steps: int) -> str:
        """Move a parameter by steps; why not, where it cannot be."""
        now = self._changes.get(row.id, {}).get(spec.name, agreed(row, spec.name))
        value = stepped(row, now, spec, steps)
        if not value and spec.live:
            return _("{name}: a step leads no further; e types a value").format(name=spec.name)
        return self.put(row, spec, value)

    def put(self, row: LoopRow, spec: ParamSpec, value: str) -> str:
        """Stage exactly this value; why not, where it cannot be. Back at the value of now, nothing is staged."""
        if row.id in self._sending:
            return _("{loop}: a change is on its way, wait for the desk").format(loop=row.id)
        value = value.strip()
        if why := refusal(spec, value):
            return why
        changes = self._changes.setdefault(row.id, {})
        changes[spec.name] = value
        if same(value, agreed(row, spec.name)):
            del changes[spec.name]
        if not changes:
            del self._changes[row.id]
        return ""

    def drop(self, loop: str) -> bool:
        """Forget a loop's changes; True if there were any."""
        return loop not in self._sending and self._changes.pop(loop, None) is not None

    def begin(self, loop: str) -> dict[str, str]:
        """The changes to send; empty while they are being sent already."""
        if loop in self._sending:
            return {}
        changes = self.of(loop)
        if changes:
            self._sending.add(loop)
        return changes

    def end(self, loop: str, *, taken: bool) -> None:
        """The desk has answered: what it took is no longer staged."""
        self._sending.discard(loop)
        if taken:
            self._changes.pop(loop, None)
