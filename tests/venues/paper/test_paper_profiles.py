"""Profiles and instrument templates: complete, sourced, overridable, with errors that say what would be right."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from venues.model import InstrumentKind
from venues.paper.instruments import instrument_for, inverse_instrument
from venues.paper.latency import Latency
from venues.paper.limits import Limit
from venues.paper.profiles import BUILT_IN, ProfileError, load_profile, load_profiles

VENUES = [
    *("lighter", "extended", "backpack", "edgex", "apex", "grvt"),
    *("aster", "paradex", "hyperliquid", "binance", "bybit", "okx"),
]


@pytest.fixture
def user_file(tmp_path):
    def write(text):
        path = tmp_path / "venues.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_venue_is_there_and_every_figure_has_its_source_and_date():
    assert sorted(load_profiles()) == sorted(VENUES)
    for venue, figures in tomllib.loads(BUILT_IN.read_text(encoding="utf-8")).items():
        for key, figure in figures.items():
            assert figure["source"], f"{venue}.{key}"
            assert len(figure["date"]) == 10, f"{venue}.{key}"


def test_documented_figures():
    lighter = load_profile("lighter")
    assert (lighter.maker_bps, lighter.taker_bps) == (0, 0)
    assert (lighter.maker_bump_ms, lighter.taker_bump_ms, lighter.cancel_bump_ms) == (200, 300, 200)
    assert lighter.rest_limit == Limit(60, 60.0)
    assert "account-types" in lighter.provenance["taker_bps"].source
    assert load_profile("extended").taker_bps == Decimal("2.5")
    assert load_profile("bybit").capabilities.max_orders_per_s == 10


def test_a_users_file_overrides_per_key(user_file):
    path = user_file(
        """
        [bybit]
        taker_bps = 3.25
        submit = { base_ms = 1.5, jitter_ms = 0 }
        order_limit = { count = 50, per_s = 2 }
        maker_bps = { value = -0.5, source = "my tier", date = "2026-11-01" }
        fok = false
        [mine]
        like = "okx"
        funding_interval_s = 3600
        """
    )
    ours, theirs = load_profiles(path), load_profiles()
    bybit = ours["bybit"]
    assert (bybit.maker_bps, bybit.taker_bps, bybit.fok) == (Decimal("-0.5"), Decimal("3.25"), False)
    assert (bybit.submit, bybit.order_limit) == (Latency(1.5, 0.0), Limit(50, 2.0))
    assert bybit.cancel == theirs["bybit"].cancel
    assert bybit.provenance["maker_bps"].source == "my tier"
    assert bybit.provenance["taker_bps"].source == "venues.toml of the user"
    assert (ours["mine"].name, ours["mine"].funding_interval_s) == ("mine", 3600)
    assert ours["mine"].maker_bps == theirs["okx"].maker_bps
    assert ours["okx"] == theirs["okx"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[bybit]\ntaker_bps = 5000", ["venues.toml", "[bybit]", "taker_bps = 5000", "a number from -100 to 1000"]),
        ("[bybit]\ntaker_bps = 'low'", ["taker_bps = 'low'", "a number"]),
        ("[bybit]\ntaker_bps = true", ["taker_bps = true", "a number"]),
        ("[bybit]\ntaker_bp = 5", ["taker_bp", "unknown key", "taker_bps"]),
        ("[bybit]\npost_only = 1", ["post_only = 1", "true or false"]),
        ("[bybit]\nbook_interval_ms = 2.5", ["book_interval_ms = 2.5", "a whole number from 1 to 10000"]),
        ("[bybit]\nsubmit = 5", ["submit = 5", "base_ms"]),
        ("[bybit]\nsubmit = { base = 5 }", ["submit = { base = 5 }", "base_ms"]),
        ("[bybit]\nsubmit = { jitter_ms = 5 }", ["submit = { jitter_ms = 5 }", "base_ms"]),
        ("[bybit]\nsubmit = { base_ms = -5 }", ["base_ms = -5", "from 0 to 600000"]),
        ("[bybit]\norder_limit = { count = 1.5 }", ["order_limit", "whole count"]),
        ("[bybit]\norder_limit = { per_s = 1 }", ["order_limit", "whole count"]),
        ("bybit = 3", ["bybit = 3", "a table [bybit]"]),
        ("[new]\ntaker_bps = 1", ["[new]", "like = 'new'", "binance"]),
        ("[new]\nlike = 3", ["like = 3", "binance"]),
        ("[bybit", ["not valid TOML"]),
    ],
)
def test_a_mistake_is_named_with_file_key_value_and_what_would_be_right(user_file, text, says):
    with pytest.raises(ProfileError) as caught:
        load_profiles(user_file(text))
    for part in says:
        assert part in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ProfileError, match=r"nothing\.toml: cannot be read"):
        load_profiles(tmp_path / "nothing.toml")


def test_an_unknown_venue_is_named():
    with pytest.raises(ProfileError, match=r"'ftx'.*binance"):
        load_profile("ftx")


def test_a_built_in_figure_without_a_source_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "profiles.toml"
    path.write_text('[x]\nmaker_bps = { value = 1, source = "", date = "2026-01-01" }', encoding="utf-8")
    monkeypatch.setattr("venues.paper.profiles.BUILT_IN", path)
    with pytest.raises(ProfileError, match="expected a source and a date"):
        load_profiles()
    path.write_text('[x]\nmaker_bps = { value = 1, source = "s", date = "2026-01-01" }', encoding="utf-8")
    with pytest.raises(ProfileError, match="lacks taker_bps"):
        load_profiles()


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("base", ["BTC", "ETH", "SOL"])
def test_every_venue_has_instruments(venue, base):
    instrument = instrument_for(load_profile(venue), base)
    assert base in instrument.symbol
    assert instrument.settle == instrument.quote
    # A minimum order must be whole lots.
    instrument.qty_to_lots(instrument.min_qty)


def test_contracts_and_coin():
    assert instrument_for(load_profile("okx"), "BTC").contract_size == Decimal("0.01")
    assert inverse_instrument("BTC").contract_size == 100
    eth = inverse_instrument("ETH")
    assert (eth.contract_size, eth.settle, eth.kind) == (10, "ETH", InstrumentKind.INVERSE)
    with pytest.raises(ValueError, match="'DOGE'"):
        inverse_instrument("DOGE")


def test_a_venue_of_ones_own_gets_usual_steps(user_file):
    mine = load_profile("mine", user_file('[mine]\nlike = "bybit"'))
    assert instrument_for(mine, "BTC").symbol == "BTCUSDT"
