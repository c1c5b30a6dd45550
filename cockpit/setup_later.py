"""The setup, loaded when it is first asked: keyring, venues and configuration take half as long to load as the whole
screen, and a client over a slow line paints first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property

from cockpit.setup_port import Keyring, Setup, Sheet, Trial, VenueChoice
from venues.model.secret import Secret


class SetupLater:
    """See `cockpit.setup_port.Setup`."""

    def __init__(self, make: Callable[[], Setup], *, first: bool) -> None:
        self._make = make
        self.first = first

    @cached_property
    def _setup(self) -> Setup:
        return self._make()

    async def _loaded(self) -> Setup:
        return await asyncio.to_thread(lambda: self._setup)

    def venues(self) -> tuple[VenueChoice, ...]:
        return self._setup.venues()

    async def keyring(self) -> Keyring:
        return await (await self._loaded()).keyring()

    async def check_name(self, account: str) -> str:
        return await (await self._loaded()).check_name(account)

    def check_field(self, venue: str, name: str, value: Secret) -> str:
        return self._setup.check_field(venue, name, value)

    async def try_key(self, venue: str, fields: Mapping[str, Secret]) -> Trial:
        return await (await self._loaded()).try_key(venue, fields)

    async def add_account(
        self, account: str, venue: str, fields: Mapping[str, Secret], passphrase: Secret | None
    ) -> tuple[str, ...]:
        return await (await self._loaded()).add_account(account, venue, fields, passphrase)

    async def start_desk(self) -> None:
        await (await self._loaded()).start_desk()

    async def sheet(self) -> Sheet:
        return await (await self._loaded()).sheet()

    async def change(self, section: str, name: str, value: str) -> str:
        return await (await self._loaded()).change(section, name, value)
