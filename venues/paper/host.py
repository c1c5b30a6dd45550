"""A paper exchange put together from its spec and its saved state, and grown while it runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from venues.model import Clock
from venues.paper.account_state import AccountState
from venues.paper.capture_replay import CaptureReplay
from venues.paper.captures import open_capture
from venues.paper.exchange import PaperExchange
from venues.paper.instruments import instrument_for
from venues.paper.market import Market
from venues.paper.profiles import Profile, load_profiles
from venues.paper.realtime import RealTimeDriver, ShiftedMarket
from venues.paper.spec import AccountSpec, PaperSpec, SpecError, check_spec
from venues.paper.state import PaperStateError, SavedState
from venues.paper.synthetic import SyntheticMarket
from venues.paper.synthetic_character import character_of
from venues.paper.synthetic_world import SyntheticWorld
from venues.paper.venue import PaperVenue

START_PRICES = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}
"""Where a synthetic market begins when no price is saved, USD."""


class PaperHost:
    """Owns the exchange and what drives its markets. Raises `SpecError`, `ProfileError`, `CaptureError` or
    `PaperStateError`, each naming what is wrong and what would be right."""

    def __init__(self, spec: PaperSpec, saved: SavedState, state_path: Path, clock: Clock) -> None:
        check_spec(spec, "spec")
        self._spec = spec
        self._saved = saved
        self._state_path = state_path
        self._clock = clock
        self._profiles = load_profiles(Path(spec.profiles) if spec.profiles else None)
        rng = random.Random(spec.seed)
        self.exchange = PaperExchange(clock, rng, spec.queue)
        self.driver = RealTimeDriver(clock)
        for base in spec.bases:
            if base not in START_PRICES:
                raise SpecError(f"spec: base {base!r}: expected one of {', '.join(START_PRICES)}")
        prices = {base: saved.prices.get(base, START_PRICES[base]) for base in spec.bases}
        self._world = SyntheticWorld(rng, clock.now_ns(), prices)
        self._synthetic: list[ShiftedMarket] = []
        self._captures: list[CaptureReplay] = []
        self._venue_of: dict[str, str] = {}
        self.ensure(spec)

    def ensure(self, spec: PaperSpec) -> dict[str, PaperVenue]:
        """Add the accounts of `spec` that are not here yet, with their venues; returns those that are new.

        Nothing is added where one of them cannot be. All else in `spec` was settled when the process started."""
        check_spec(spec, "spec")
        new = [account for account in spec.accounts if account.name not in self._venue_of]
        for account in spec.accounts:
            self._check(account)
        states = {account.name: self._saved_state(account) for account in new}
        for account in new:
            if account.venue not in self.exchange.venues:
                self._add_venue(self._profiles[account.venue])
            self._check_markets(states[account.name])
        for account in new:
            profile = self._profiles[account.venue]
            maker = profile.maker_bps if account.maker_bps is None else account.maker_bps
            taker = profile.taker_bps if account.taker_bps is None else account.taker_bps
            self.exchange.add_account(account.name, account.venue, dict(account.cash), fees_bps=(maker, taker))
            self._venue_of[account.name] = account.venue
            state = states[account.name]
            if state is not None:
                self.exchange.import_state(state)
        return {account.name: self.exchange.venue_for(account.name) for account in new}

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self._venue_of)

    def export(self, account: str) -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(self.exchange.export_state(account)))

    def prices(self) -> dict[str, float]:
        """Where each coin of the synthetic world stands, USD. Coins without a market stay as they were saved."""
        now = self._source_now()
        bases = {market.instrument.base for market in self._synthetic}
        return {**self._saved.prices, **{base: self._world.reference(base, now) for base in sorted(bases)}}

    def close(self) -> None:
        self.driver.stop()
        self.exchange.stop()
        for capture in self._captures:
            capture.close()

    # -- accounts ------------------------------------------------------------------------------------------------

    def _check(self, account: AccountSpec) -> None:
        if account.venue not in self._profiles:
            known = ", ".join(sorted(self._profiles))
            raise SpecError(f"spec: account {account.name}: venue {account.venue!r}: expected one of {known}")
        here = self._venue_of.get(account.name, account.venue)
        if here != account.venue:
            raise SpecError(
                f"spec: account {account.name}: venue {account.venue!r}: it is open on {here} already; "
                f"use another name for the account on {account.venue}"
            )

    def _saved_state(self, account: AccountSpec) -> AccountState | None:
        raw = self._saved.accounts.get(account.name)
        if raw is None:
            return None
        try:
            state = msgspec.json.decode(raw, type=AccountState)
        except msgspec.DecodeError as error:
            raise PaperStateError(
                f"{self._state_path}: account {account.name}: damaged: {error}; restore the file from a backup, "
                "or move it away to start every paper account anew"
            ) from None
        if state.venue != account.venue:
            raise PaperStateError(
                f"{self._state_path}: account {account.name} was on {state.venue}, the config says {account.venue}; "
                "use another name for the new account"
            )
        return state

    def _check_markets(self, state: AccountState | None) -> None:
        """An account cannot come back without the markets it has positions or orders on."""
        if state is None:
            return
        there = self.exchange.instruments(state.venue)
        held = [position.symbol for position in state.positions] + [order.symbol for order in state.open_orders]
        missing = sorted(set(held) - set(there))
        if missing:
            raise PaperStateError(
                f"{self._state_path}: account {state.name} has positions or orders on {', '.join(missing)}, which "
                f"{state.venue} does not trade now; put the market back into the config (bases, captures)"
            )

    # -- markets -------------------------------------------------------------------------------------------------

    def _add_venue(self, profile: Profile) -> None:
        self.exchange.add_venue(profile.name, profile)
        for market in list(self._markets(profile)):
            try:
                self.exchange.add_market(profile.name, market)
            except ValueError as error:
                raise SpecError(f"spec: {error}") from None
            self.driver.add(market)

    def _markets(self, profile: Profile) -> Iterator[ShiftedMarket]:
        paths = [capture.path for capture in self._spec.captures if capture.venue == profile.name]
        for path in paths:
            capture = open_capture(path)
            self._captures.append(capture)
            yield _from_now(capture, self._clock)
        if paths:
            return
        start = self._source_now()
        character = character_of(profile.name)
        if self._spec.event_rate is not None:
            character = msgspec.structs.replace(character, events_per_s=self._spec.event_rate)
        for base in self._spec.bases:
            source = SyntheticMarket(
                self._world, instrument_for(profile, base), character, profile.name, start_ts=start
            )
            market = ShiftedMarket(source, self._offset())
            self._synthetic.append(market)
            yield market

    def _offset(self) -> int:
        """How far the synthetic world's time is behind the clock: all its markets are moved together."""
        return self._synthetic[0].offset_ns if self._synthetic else 0

    def _source_now(self) -> int:
        """The synthetic world's time, never ahead of its markets: where a machine slept, they go on from where they
        stood, and a path that was read further on would have left them behind."""
        now = self._clock.now_ns() - self._offset()
        due = [market.source.next_ts() for market in self._synthetic]
        return min([now, *(ts for ts in due if ts is not None)])


def _from_now(source: Market, clock: Clock) -> ShiftedMarket:
    first = source.next_ts()
    return ShiftedMarket(source, 0 if first is None else clock.now_ns() - first)
