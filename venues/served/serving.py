"""A served exchange put together: house, dialect, faults, and the server that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from venues.model import Clock
from venues.paper.market import Market
from venues.served.dialect import DialectFactory, ServedDialect
from venues.served.front import Front
from venues.served.house import House, HouseSpec
from venues.served.server import ServedServer


class ReadyAccount(msgspec.Struct, frozen=True):
    name: str
    credentials: Mapping[str, str]
    """By ccxt's names. They open this server and nothing else."""


class Ready(msgspec.Struct, frozen=True):
    """What a client needs to connect: one line of JSON on stdout when the server takes requests."""

    dialect: str
    url: str
    ws_url: str
    symbols: tuple[str, ...]
    accounts: tuple[ReadyAccount, ...]


class Serving:
    """Everything behind one port. Raises `SpecError`, `ProfileError`, `CaptureError`; `start` raises `OSError`."""

    def __init__(
        self,
        factory: DialectFactory,
        spec: HouseSpec,
        clock: Clock,
        *,
        port: int = 0,
        markets: Iterable[Market] | None = None,
    ) -> None:
        self.house = House(spec, clock, markets)
        self.dialect: ServedDialect = factory(self.house)
        self.front = Front(self.dialect, self.house)
        self._server = ServedServer(self.front, port)

    async def start(self) -> Ready:
        await self.house.start()
        self.dialect.start()
        try:
            await self._server.start()
        except OSError:
            self.dialect.stop()
            await self.house.stop()
            raise
        return self.ready

    async def stop(self) -> None:
        await self._server.stop()
        self.dialect.stop()
        await self.house.stop()

    @property
    def ready(self) -> Ready:
        names = self.house.accounts
        return Ready(
            self.dialect.name,
            self._server.url,
            self._server.ws_url,
            tuple(self.house.markets),
            tuple(ReadyAccount(name, self.dialect.credentials(name)) for name in names),
        )
