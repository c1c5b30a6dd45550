"""A desk on fake venues of any mode, gated as a live account is."""

from __future__ import annotations

from typing import Any

from desk_kit import Rig
from fake_venue import FakeVenue, linear

from cockpit.desk.desk import DeskOptions
from cockpit.desk.going_live import LiveRules
from cockpit.sim.loop import VirtualClock
from venues.model import Instrument, Mode, VenueListener


class GatedVenue(FakeVenue):
    """Notes for what each connection was made."""

    def __init__(
        self, account: str, clock: VirtualClock, mode: Mode, venue: str, instruments: tuple[Instrument, ...] = ()
    ) -> None:
        super().__init__(account, clock, instruments)
        self.mode = mode
        self.venue = venue
        self.read_only = True
        self.endpoint = ""
        self.unfit: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()
        self.connected_read_only: list[bool] = []

    async def connect(self, listener: VenueListener) -> None:
        await super().connect(listener)
        self.connected_read_only.append(self.read_only)


class LiveRig(Rig):
    """Accounts `name: (mode, venue)`; `mk` and `tk` are live ones on two venues where nothing else is said."""

    def __init__(
        self,
        accounts: dict[str, tuple[Mode, str]] | None = None,
        *,
        rules: LiveRules | None = None,
        options: DeskOptions | None = None,
        **more: Any,
    ) -> None:
        named = accounts or {"mk": (Mode.LIVE, "lighter"), "tk": (Mode.LIVE, "okx")}

        def venues(clock: VirtualClock) -> list[Any]:
            return [GatedVenue(name, clock, mode, venue, (linear(),)) for name, (mode, venue) in named.items()]

        live = rules or LiveRules()
        super().__init__(venues, options=options or DeskOptions(linger_s=0, live=live), **more)

    def venue(self, name: str) -> GatedVenue:
        (found,) = (venue for venue in self.venues if venue.account == name)
        assert isinstance(found, GatedVenue)
        return found

    def __enter__(self) -> LiveRig:
        self.start()
        self.quote()
        return self

    def quote(self, bid: str = "99999.5", ask: str = "100000.5", *names: str) -> None:
        async def books() -> None:
            for venue in self.venues:
                if (
                    isinstance(venue, GatedVenue)
                    and venue.listener is not None
                    and venue.account in (names or venue.account)
                ):
                    venue.book(bid, ask)

        self.run(books())
        self.pass_time(0.1)

    def grant(self, *names: str) -> None:
        """As `cockpit live NAME --skip-rehearsal`; books come anew with the connection."""
        for name in names:
            account = self.desk.accounts[name]
            self.call(self.desk.going_live.grant, account, typed=name, by="op", skip_rehearsal=True, seconds=0.5)
        self.quote()
