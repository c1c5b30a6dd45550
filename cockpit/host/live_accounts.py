"""Live and rehearsal accounts of the configuration as venues."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from cockpit.account_config import AccountConfig
from cockpit.config import Config, ConfigError
from cockpit.desk.journal_read import JournalReader
from cockpit.live.venues import Adapter, LiveVenues, LoadKeys, keys_of
from venues.model import Clock, Mode, Venue
from venues.paper.profiles import load_profiles
from venues.rehearsal.venue import RehearsalVenue


class LiveAccounts:
    """Makes the venues of a configuration's live and rehearsal accounts."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        rng: random.Random,
        profiles_file: Path,
        state: Path | None,
        adapter: Callable[[], Adapter] | None = None,
        load: LoadKeys = keys_of,
    ) -> None:
        """`state`: folder in which rehearsals keep their money; None where they forget it. Raises `ProfileError`."""
        self._config = config
        self._clock = clock
        self._rng = rng
        self._profiles = load_profiles(profiles_file if profiles_file.exists() else None)
        self._state = state
        self._live = LiveVenues(bases=config.live.bases, clock=clock, rng=rng, adapter=adapter, load=load)

    def venues(self) -> dict[str, Venue]:
        """Account to venue, none connected yet. Raises `PaperStateError` for a rehearsal whose file does not read."""
        made: dict[str, Venue] = {}
        for account in self._config.accounts:
            if account.mode is Mode.LIVE:
                made[account.name] = self._live.account(account)
            elif account.mode is Mode.REHEARSAL:
                made[account.name] = self._rehearsal(account)
        return made

    def _rehearsal(self, account: AccountConfig) -> Venue:
        return RehearsalVenue(
            account.name,
            venue=account.venue,
            make=lambda: self._live.make(account, {}, read_only=True),
            profiles=self._profiles,
            cash=account.cash,
            fees_bps=(account.maker_bps, account.taker_bps),
            clock=self._clock,
            rng=self._rng,
            state_path=None if self._state is None else self._state / f"rehearsal-{account.name}.state",
        )


def check_modes(config: Config, file: Path, journal: JournalReader) -> None:
    """Refuse an account whose name the journal knows in another mode: paper fills must never be taken for money, nor
    money for paper. Raises `ConfigError`."""
    before = {name: text.split()[0] for name, text in journal.cursors("mode").items()}
    for name in journal.cursors("instruments"):
        # a journal of a version without modes knows paper alone
        before.setdefault(name, Mode.PAPER.value)
    for account in config.accounts:
        was = before.get(account.name, account.mode.value)
        if was != account.mode.value:
            words = f"{was!r}, as the journal knows this account; give the {account.mode} one another name"
            raise ConfigError(file, f"[[account]] {account.name} mode", account.mode.value, words)
