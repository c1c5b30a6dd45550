"""From the configuration to the paper exchange: what it has to offer."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from cockpit.config import Config
from venues.model import Mode
from venues.paper.instruments import instrument_for
from venues.paper.profiles import load_profiles
from venues.paper.queue import QueueModelKind
from venues.paper.spec import AccountSpec, PaperSpec


def paper_spec(config: Config, profiles_file: Path) -> PaperSpec:
    """The paper exchange that `config` asks for; without accounts where none is on paper. Raises `ProfileError`."""
    user_file = profiles_file if profiles_file.exists() else None
    profiles = load_profiles(user_file)
    accounts = []
    for account in config.accounts:
        if account.mode is not Mode.PAPER:
            continue
        settle = instrument_for(profiles[account.venue], config.paper.bases[0]).settle
        accounts.append(
            AccountSpec(
                name=account.name,
                venue=account.venue,
                cash={settle: Decimal(account.cash)},
                maker_bps=account.maker_bps,
                taker_bps=account.taker_bps,
            )
        )
    return PaperSpec(
        accounts=tuple(accounts),
        bases=config.paper.bases,
        seed=config.paper.seed,
        event_rate=float(config.paper.events_per_s),
        queue=QueueModelKind(config.paper.queue.value),
        profiles=str(user_file) if user_file is not None else None,
    )
