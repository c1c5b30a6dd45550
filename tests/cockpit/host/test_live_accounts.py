"""From the configuration to live and rehearsal venues; a name never changes its kind of money."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_venue import FakeVenue, linear
from host_hearing import Nobody

from cockpit.account_config import AccountConfig
from cockpit.config import Config, ConfigError, parse_config
from cockpit.desk.journal import Journal
from cockpit.host.live_accounts import LiveAccounts, check_modes
from cockpit.live.account import LiveAccount, Looked
from cockpit.live.venues import Wanted
from cockpit.secrets.errors import NoSuchKey
from venues.model import ManualClock, Mode, Venue, VenueRejected
from venues.model.secret import Secret
from venues.rehearsal.venue import RehearsalVenue

FILE = Path("config.toml")
TEXT = """
[live]
bases = ["ETH"]

[[account]]
name = "p"
venue = "okx"

[[account]]
name = "l"
venue = "okx"
mode = "live"
bases = ["BTC"]
keys = "main"
broker_tag = "mine"

[[account]]
name = "r"
venue = "hyperliquid"
mode = "rehearsal"
"""


class Recorder:
    """An adapter that notes what it was asked for."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.asked: list[tuple[Wanted, Mapping[str, Secret]]] = []

    def make(self, wanted: Wanted, keys: Mapping[str, Secret]) -> Venue:
        self.asked.append((wanted, keys))
        return FakeVenue(wanted.account.name, self.clock, (linear(),))

    async def look(self, venue: Venue) -> Looked:
        return Looked()


def accounts(recorder: Recorder, load: Any, tmp_path: Path) -> dict[str, Any]:
    made = LiveAccounts(
        parse_config(TEXT, FILE), clock=recorder.clock, rng=random.Random(1), profiles_file=tmp_path / "none",
        state=None, adapter=lambda: recorder, load=load,
    ).venues()  # fmt: skip
    return dict(made)


async def test_each_kind_gets_what_it_needs_and_no_more(tmp_path: Path) -> None:
    recorder = Recorder()

    async def load(account: AccountConfig) -> Mapping[str, Secret]:
        assert account.keys_name == "main"
        return {"apiKey": Secret("canary")}

    venues = accounts(recorder, load, tmp_path)
    assert list(venues) == ["l", "r"], "paper accounts are the paper exchange's"
    assert isinstance(venues["l"], LiveAccount)
    assert isinstance(venues["r"], RehearsalVenue)
    assert recorder.asked == [], "nothing is made before it connects"
    await venues["l"].connect(Nobody())
    await venues["r"].connect(Nobody())
    (wanted, keys), (rehearsal, none) = recorder.asked
    assert (wanted.account.name, wanted.symbols, wanted.read_only) == ("l", ("BTC",), True)
    assert {name: secret.reveal() for name, secret in keys.items()} == {"apiKey": "canary", "brokerTag": "mine"}
    assert (rehearsal.symbols, rehearsal.read_only, dict(none)) == (("ETH",), True, {}), "a rehearsal has no keys"
    for venue in venues.values():
        await venue.close()


async def test_a_key_that_is_missing_says_how_to_add_it(tmp_path: Path) -> None:
    async def load(account: AccountConfig) -> Mapping[str, Secret]:
        raise NoSuchKey("there is no key main", "`cockpit keys add main --venue okx` adds one")

    venues = accounts(Recorder(), load, tmp_path)
    with pytest.raises(VenueRejected, match="no key main; `cockpit keys add main"):
        await venues["l"].connect(Nobody())


def journal_of(**modes: str) -> Journal:
    journal = Journal.open(":memory:")
    for name, text in modes.items():
        journal.cursor(name, "instruments", "[]")
        if text:
            journal.cursor(name, "mode", text)
    journal.flush()
    return journal


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("paper okx", Mode.LIVE),
        ("", Mode.LIVE),
        ("", Mode.REHEARSAL),
        ("live okx", Mode.PAPER),
        ("rehearsal okx", Mode.LIVE),
        ("live okx https://testnet.example", Mode.REHEARSAL),
    ],
)
def test_a_name_that_the_journal_knows_in_another_mode_is_refused(was: str, now: Mode) -> None:
    journal = journal_of(a=was)
    config = Config(accounts=(AccountConfig("a", "okx", now),))
    with pytest.raises(ConfigError) as caught:
        check_modes(config, FILE, journal.reader())
    said = str(caught.value)
    assert said.startswith(
        f"config.toml: [[account]] a mode = '{now}': expected '{was.split()[0] if was else 'paper'}'"
    )
    assert "another name" in said
    journal.close()


def test_the_same_mode_and_new_names_are_welcome() -> None:
    journal = journal_of(a="live okx", b="")
    config = Config(
        accounts=(AccountConfig("a", "lighter", Mode.LIVE), AccountConfig("b", "okx"), AccountConfig("c", "okx"))
    )
    check_modes(config, FILE, journal.reader())
    journal.close()
