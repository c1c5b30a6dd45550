"""Makes the venues of live accounts, for desk and watchdog. The adapter is imported when the first one connects."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

import msgspec

from cockpit import secrets
from cockpit.live.account import LiveAccount, Looked
from cockpit.live.client_ids import OrderIdCodec
from venues.model import Clock, Venue, VenueRejected
from venues.model.secret import Secret


class AtVenue(Protocol):
    """What is configured of an account that hears a real venue: `cockpit.account_config.AccountConfig`."""

    @property
    def name(self) -> str: ...
    @property
    def venue(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def keys_name(self) -> str: ...
    @property
    def bases(self) -> tuple[str, ...]: ...
    @property
    def fast_books(self) -> bool: ...
    @property
    def broker_tag(self) -> str: ...


Keys: TypeAlias = Mapping[str, Secret]
LoadKeys: TypeAlias = Callable[[AtVenue], Awaitable[Keys]]
"""Raises `KeysError`."""


class Wanted(msgspec.Struct, frozen=True):
    """One connection of the adapter, as it is asked for."""

    account: AtVenue
    symbols: tuple[str, ...]
    read_only: bool
    books: bool = True
    """Whether books will be asked for."""


class Adapter(Protocol):
    """Makes live venues; the real one is `cockpit.live.adapter`."""

    def make(self, wanted: Wanted, keys: Keys) -> Venue:
        """A venue that is not connected yet; without keys only its public side is. Raises `VenueError`."""
        ...

    async def look(self, venue: Venue) -> Looked:
        """How the account is set up on a venue that has just connected."""
        ...


async def keys_of(account: AtVenue) -> Keys:
    """From the keyring, off the event loop's thread: a cryptfile takes a third of a second. Raises `KeysError`."""
    return await asyncio.to_thread(secrets.load, account.keys_name, venue=account.venue)


class LiveVenues:
    """One adapter for all accounts of a process, so that those of one address share its budget."""

    def __init__(
        self,
        *,
        bases: tuple[str, ...],
        clock: Clock,
        rng: random.Random,
        adapter: Callable[[], Adapter] | None = None,
        load: LoadKeys = keys_of,
        books: bool = True,
    ) -> None:
        """`bases`: what accounts trade that name none. `books`: False for whoever asks for none."""
        self._bases = bases
        self._clock = clock
        self._rng = rng
        self._find_adapter = adapter or self._real
        self._adapter: Adapter | None = None
        self._load = load
        self._books = books

    def account(self, account: AtVenue) -> LiveAccount:
        """Not connected yet, and read-only until it is let trade."""
        return LiveAccount(
            account.name,
            venue=account.venue,
            endpoint=account.endpoint,
            clock=self._clock,
            load=lambda: self._keys(account),
            make=lambda keys, read_only: self.make(account, keys, read_only=read_only),
            look=lambda venue: self._the_adapter().look(venue),
        )

    def make(self, account: AtVenue, keys: Keys, *, read_only: bool) -> Venue:
        """Raises `VenueError`."""
        wanted = Wanted(account, account.bases or self._bases, read_only, self._books)
        return self._the_adapter().make(wanted, keys)

    async def _keys(self, account: AtVenue) -> Keys:
        keys = dict(await self._load(account))
        if account.broker_tag:
            keys["brokerTag"] = Secret(account.broker_tag)
        return keys

    def _the_adapter(self) -> Adapter:
        if self._adapter is None:
            self._adapter = self._find_adapter()
        return self._adapter

    def _real(self) -> Adapter:
        try:
            from cockpit.live.adapter import LiveAdapter
        except ImportError as error:
            text = f"the live adapter cannot be loaded: {error}; `cockpit doctor` says what is missing"
            raise VenueRejected(text) from None
        return LiveAdapter(self._clock, self._rng, OrderIdCodec())
