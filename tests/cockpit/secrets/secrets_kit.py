"""A vault in memory, keys that look like keys, and an operator who types."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.secrets.entry import KeyEntry
from cockpit.secrets.errors import KeysError
from cockpit.secrets.facts import KeyFacts, ProbeFailed
from venues.model.secret import Secret

PASSPHRASE = Secret("eight words or so")
BYBIT = {"apiKey": Secret("bybit-public"), "secret": Secret("bybit-private")}


class MemoryVault:
    """`broken`: names of entries that cannot be read; `full`: nothing can be written any more."""

    where = "memory"

    def __init__(self) -> None:
        self.texts: dict[str, Secret] = {}
        self.broken: set[str] = set()
        self.full = False
        self.writes: list[str] = []

    def get(self, name: str) -> Secret | None:
        if name in self.broken:
            raise KeysError(f"{name} is broken")
        return self.texts.get(name)

    def put(self, name: str, text: Secret) -> None:
        if self.full:
            raise KeysError("memory is full")
        self.writes.append(name)
        self.texts[name] = text

    def drop(self, name: str) -> None:
        if self.full:
            raise KeysError("memory is full")
        self.writes.append(f"-{name}")
        self.texts.pop(name, None)


def bybit(account: str = "main", **changes: object) -> KeyEntry:
    return KeyEntry(**{"account": account, "venue": "bybit", "fields": BYBIT, "created_ns": 1_700_000_000} | changes)


class FakeProbe:
    """Answers like a venue; remembers what it was asked with."""

    def __init__(self, facts: KeyFacts | None = None, error: ProbeFailed | None = None) -> None:
        self.facts = facts or KeyFacts("account 7", True, True, False)
        self.error = error
        self.asked: list[tuple[str, dict[str, str], str]] = []

    def __call__(self, venue: str, credentials: Mapping[str, Secret], endpoint: str) -> KeyFacts:
        self.asked.append((venue, {name: value.reveal() for name, value in credentials.items()}, endpoint))
        if self.error is not None:
            raise self.error
        return self.facts
