"""The desk as a process with live accounts: it starts all the same when one cannot connect, and needs no paper."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cockpit import desk_process, locations, secrets
from cockpit.config import ConfigError, load_config
from cockpit.desk.journal import Journal
from cockpit.desk_process import _serve, embedded_desk, main
from cockpit.link.client import SocketLink
from cockpit.link.messages import Shutdown
from cockpit.live.account import Looked
from cockpit.live.venues import Wanted
from cockpit.secrets.errors import NoSuchKey
from venues.model import SystemClock, Venue, VenueRejected
from venues.model.secret import Secret

sys.path.append(str(Path(__file__).parent / "desk"))

from fake_venue import FakeVenue, linear

WAIT_S = 45.0
CONFIG = """
[[account]]
name = "l"
venue = "okx"
mode = "live"

[[account]]
name = "r"
venue = "okx"
mode = "rehearsal"
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    places = locations.find()
    places.prepare()
    places.config_file.write_text(CONFIG)
    return places


class Fakes:
    """An adapter whose venues answer as a test has them."""

    def make(self, wanted: Wanted, keys: Mapping[str, Secret]) -> Venue:
        return FakeVenue(wanted.account.name, SystemClock(), (linear(),))

    async def look(self, venue: Venue) -> Looked:
        return Looked()


async def test_a_key_that_is_missing_leaves_its_account_down_and_the_desk_up(
    places: locations.Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def load(account: str, *, venue: str) -> Mapping[str, Secret]:
        asked.append((account, venue))
        raise NoSuchKey("there is no key l", "`cockpit keys add l --venue okx` adds one")

    monkeypatch.setattr(secrets, "load", load)
    config = load_config(places.config_file)
    serving = asyncio.create_task(_serve(config, places.config_file, places, (), adapter=Fakes))
    ids = (f"t{number}" for number in range(1000))
    link = SocketLink(places.desk_socket, SystemClock(), ids=lambda: next(ids), origin="test:op", rate_hz=10)
    await link.start()
    try:
        async with asyncio.timeout(WAIT_S):
            while not (link.store.accounts and link.store.accounts["r"].health.value != "down"):
                assert not serving.done(), serving.result()
                await asyncio.sleep(0.05)
        live = link.store.accounts["l"]
        assert live.health.value == "down"
        assert live.live == "read-only"
        assert "no key l; `cockpit keys add l" in live.note
        alarm = link.store.alarms["connect/l"]
        assert alarm.level == "critical"
        assert "`cockpit keys add l --venue okx` adds one" in alarm.text
        assert ("l", "okx") in asked
        assert not places.paper_socket.exists(), "nobody trades on paper: no paper exchange"
        ack = await link.send(Shutdown())
        assert ack.ok
        assert await asyncio.wait_for(serving, WAIT_S) == 0
    finally:
        await link.close()
        serving.cancel()
    assert (places.state / "rehearsal-r.state").exists() is False, "nothing was traded"


def test_a_name_cannot_become_money(places: locations.Locations, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal.open(places.journal)
    journal.cursor("l", "mode", "paper okx")
    journal.close()
    assert main(None, ()) == 1
    said = capsys.readouterr().err
    assert "[[account]] l mode = 'live': expected 'paper', as the journal knows this account" in said
    assert said.count("\n") == 1


async def test_a_look_round_takes_no_live_account(places: locations.Locations) -> None:
    with pytest.raises(ConfigError, match="l mode = 'live': expected no live account for --embedded"):
        async with embedded_desk(None):
            pass


def test_an_adapter_that_cannot_be_loaded_is_a_refusal_with_the_mend(
    places: locations.Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    import random

    from cockpit.live.venues import LiveVenues

    monkeypatch.setitem(sys.modules, "cockpit.live.adapter", None)
    made = LiveVenues(bases=("BTC",), clock=SystemClock(), rng=random.Random(1))
    with pytest.raises(VenueRejected, match=r"cannot be loaded: .*`cockpit doctor` says"):
        made._the_adapter()


@pytest.mark.parametrize(("mode", "times"), [("live", 1), ("rehearsal", 0)])
def test_a_desk_that_will_hold_keys_forbids_core_files(
    places: locations.Locations, monkeypatch: pytest.MonkeyPatch, mode: str, times: int
) -> None:
    forbidden: list[bool] = []
    monkeypatch.setattr(desk_process, "forbid_core_dumps", lambda: forbidden.append(True))
    places.config_file.write_text(CONFIG.replace('mode = "live"', f'mode = "{mode}"'))
    journal = Journal.open(places.journal)
    journal.cursor("l", "mode", "paper okx")
    journal.close()
    assert main(None, ()) == 1
    assert len(forbidden) == times
