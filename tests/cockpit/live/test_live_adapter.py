"""Which adapter an account gets, what it is given, and what stops it before anything is dialled."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cockpit.account_config import AccountConfig
from cockpit.config import ConfigError, parse_config
from cockpit.live import adapter
from cockpit.live.adapter import LiveAdapter
from cockpit.live.client_ids import OrderIdCodec
from cockpit.live.needs import missing
from cockpit.live.venues import Wanted
from venues.edgex import sdk
from venues.edgex.venue import EdgexVenue
from venues.live.finding import Finding, Level
from venues.live.venue import CcxtVenue
from venues.model import ManualClock, Mode, VenueRejected
from venues.model.secret import Secret


def test_the_real_adapter_shares_a_pool_among_accounts_of_one_address() -> None:
    maker = LiveAdapter(ManualClock(), random.Random(1), OrderIdCodec())
    keys = {"apiKey": Secret("a"), "secret": Secret("b")}
    made = []
    for name, endpoint in (("a", ""), ("b", ""), ("c", "http://127.0.0.1:1")):
        account = AccountConfig(name, "binanceusdm", Mode.LIVE, endpoint=endpoint)
        venue = maker.make(Wanted(account, ("BTC",), read_only=name != "b"), keys)
        assert isinstance(venue, CcxtVenue)
        assert venue.read_only is (name != "b")
        assert (venue.account, venue.venue, venue.mode) == (name, "binanceusdm", Mode.LIVE)
        made.append(venue._pool)
    assert made[0] is made[1]
    assert made[2] is not made[0]


def test_the_real_adapter_refuses_a_venue_whose_signer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Finding(Level.STOP, "lighter cannot sign: its library is not installed", "make signers")
    monkeypatch.setattr(adapter, "missing", lambda _venue: [stop])
    made = LiveAdapter(ManualClock(), random.Random(1), OrderIdCodec())
    wanted = Wanted(AccountConfig("a", "lighter", Mode.LIVE), ("BTC",), True)
    with pytest.raises(VenueRejected, match=r"not installed \(make signers\)"):
        made.make(wanted, {"privateKey": Secret("x")})
    made.make(wanted, {})


EDGEX_KEYS = {name: Secret("1") for name in sdk.REQUIRED}


def test_edgex_is_reached_by_its_own_sdk() -> None:
    made = LiveAdapter(ManualClock(), random.Random(1), OrderIdCodec())
    wanted = Wanted(AccountConfig("e", "edgex", Mode.LIVE), ("BTC",), True)
    venue = made.make(wanted, EDGEX_KEYS)
    assert isinstance(venue, EdgexVenue)
    assert (venue.account, venue.venue, venue.mode) == ("e", "edgex", Mode.LIVE)


def test_edgex_without_its_sdk_says_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.live.needs.installed", lambda: False)
    made = LiveAdapter(ManualClock(), random.Random(1), OrderIdCodec())
    wanted = Wanted(AccountConfig("e", "edgex", Mode.LIVE), ("BTC",), True)
    with pytest.raises(VenueRejected, match=r"not installed \(\.venv/bin/python -m pip install edgex-python-sdk==2"):
        made.make(wanted, EDGEX_KEYS)
    (found,) = missing("edgex")
    assert (found.level, found.mend) == (Level.STOP, sdk.INSTALL)


def test_edgex_is_live_only(tmp_path: Path) -> None:
    text = '[[account]]\nname = "e"\nvenue = "edgex"\nmode = "{}"\n'
    config = parse_config(text.format("live"), tmp_path / "config.toml")
    assert config.accounts[0].venue == "edgex"
    with pytest.raises(ConfigError, match="expected a venue whose books can be heard without a key: apex"):
        parse_config(text.format("rehearsal"), tmp_path / "config.toml")


def test_whoever_asks_for_no_books_gets_no_fast_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(adapter, "book_source_for", lambda venue, **_: asked.append(venue))
    made = LiveAdapter(ManualClock(), random.Random(1), OrderIdCodec())
    account = AccountConfig("a", "binanceusdm", Mode.LIVE)
    made.make(Wanted(account, ("BTC",), True, books=False), {})
    assert asked == []
    made.make(Wanted(account, ("BTC",), True), {})
    assert asked == ["binanceusdm"]
