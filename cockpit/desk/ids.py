"""Client order ids: derived from durable facts, so that after a crash an order found at a venue can be placed.

An id packs into 48 bits (Lighter's client_order_index is the narrowest format we meet), and the text form carries the
same fields for a person to read. Both are free of collisions by construction: every field has its own bits.
"""

from __future__ import annotations

import re

import msgspec

from strategies.protocol import Role

EPOCH_BITS, SLOT_BITS, ROLE_BITS, SERIAL_BITS, ATTEMPT_BITS = 12, 8, 3, 20, 5

_ROLE_LETTERS = {
    Role.OPEN: "o",
    Role.CLOSE: "c",
    Role.HEDGE: "h",
    Role.UNWIND: "u",
    Role.FLATTEN: "f",
    Role.REDUCE: "r",
    Role.WATCHDOG: "w",
}
_ROLES = list(_ROLE_LETTERS)
_LETTER_ROLES = {letter: role for role, letter in _ROLE_LETTERS.items()}
_PATTERN = re.compile(r"ck([0-9a-f]+)-([0-9]+)([ochufrw])([0-9]+)-([0-9]+)")

DESK_SLOT = 0
"""Slot of orders that belong to no loop (flatten and reduce of foreign positions)."""


class OrderId(msgspec.Struct, frozen=True, order=True):
    """The durable facts behind a client order id."""

    epoch: int
    """Number of the desk's run, from the journal; grows with each start."""
    slot: int
    """The loop's number within the epoch; 0 for the desk itself."""
    role: Role
    serial: int
    """Of a hedge: the newest obligation it works off. Else: the loop's count of orders of that role in this epoch."""
    attempt: int = 0

    def __post_init__(self) -> None:
        # One of these is made between each fill and its hedge: the words only where something is wrong.
        if (
            self.epoch >> EPOCH_BITS
            or self.slot >> SLOT_BITS
            or self.serial >> SERIAL_BITS
            or self.attempt >> ATTEMPT_BITS
        ):
            self._complain()

    def _complain(self) -> None:
        """Raise `ValueError` for the field that does not fit."""
        for name, bits in (
            ("epoch", EPOCH_BITS),
            ("slot", SLOT_BITS),
            ("serial", SERIAL_BITS),
            ("attempt", ATTEMPT_BITS),
        ):
            value = getattr(self, name)
            if not 0 <= value < 1 << bits:
                raise ValueError(f"order id: {name} {value} does not fit {bits} bits (0 to {(1 << bits) - 1})")

    @property
    def text(self) -> str:
        """E.g. `ck5e1-3h57-1`: at the most 26 characters of [a-z0-9-], which every venue with text ids takes."""
        return f"ck{self.epoch:x}-{self.slot}{_ROLE_LETTERS[self.role]}{self.serial}-{self.attempt}"

    def pack(self) -> int:
        """The same facts as one integer under 2^48."""
        packed = self.epoch
        for value, bits in (
            (self.slot, SLOT_BITS),
            (_ROLES.index(self.role), ROLE_BITS),
            (self.serial, SERIAL_BITS),
            (self.attempt, ATTEMPT_BITS),
        ):
            packed = packed << bits | value
        return packed

    @classmethod
    def unpack(cls, packed: int) -> OrderId:
        """The facts out of the integer form. Raises `ValueError` for one that `pack` cannot have made."""
        fields = []
        for bits in (ATTEMPT_BITS, SERIAL_BITS, ROLE_BITS, SLOT_BITS, EPOCH_BITS):
            fields.append(packed & (1 << bits) - 1)
            packed >>= bits
        attempt, serial, role, slot, epoch = fields
        if packed or role >= len(_ROLES):
            raise ValueError("order id: the integer is not one of ours")
        return cls(epoch, slot, _ROLES[role], serial, attempt)

    @classmethod
    def parse(cls, text: str) -> OrderId | None:
        """The facts out of the text form; None where the order is not ours."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            return None
        epoch, slot, letter, serial, attempt = match.groups()
        try:
            order_id = cls(int(epoch, 16), int(slot), _LETTER_ROLES[letter], int(serial), int(attempt))
        except ValueError:
            return None
        return order_id if order_id.text == text else None
