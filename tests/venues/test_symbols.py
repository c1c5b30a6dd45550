from __future__ import annotations

from decimal import Decimal

import pytest

from venues.model import Instrument, InstrumentError, InstrumentKind
from venues.symbols import Coin, SymbolMap, check_pair, coin_of, coin_price, named_alike, unit_of

D = Decimal


def market(symbol: str, base: str, quote: str = "USDT") -> Instrument:
    return Instrument(symbol, base, quote, quote, InstrumentKind.LINEAR, D("0.0001"), D(1), D(1))


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        coin_of("")


@pytest.mark.parametrize(
    ("base", "name", "multiple"),
    [
        ("BTC", "BTC", 1),
        ("XBT", "BTC", 1),
        ("kPEPE", "PEPE", 1000),
        ("1000PEPE", "PEPE", 1000),
        ("KPEPE", "PEPE", 1000),
        ("10000LADYS", "LADYS", 10000),
        ("1000000MOG", "MOG", 1_000_000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("mXYZ", "XYZ", 1_000_000),
        ("1INCH", "1INCH", 1),
        ("10000SATS", "10000SATS", 1),
        ("KAVA", "KAVA", 1),
        ("MOG", "MOG", 1),
        ("2Z", "2Z", 1),
    ],
)
def test_multiples_are_read_out_of_names(base: str, name: str, multiple: int) -> None:
    assert coin_of(base) == Coin(name, multiple)


def test_markets_that_count_alike_have_one_name_for_their_unit() -> None:
    assert unit_of("kPEPE") == unit_of("1000PEPE") == unit_of("KPEPE") == "1000PEPE"
    assert unit_of("BTC") == "BTC"
    renamed = named_alike(market("kPEPE", "kPEPE"))
    assert (renamed.symbol, renamed.base, renamed.contract_size) == ("kPEPE", "1000PEPE", D(1))
    same = market("BTCUSDT", "BTC")
    assert named_alike(same) is same


def test_a_pair_of_two_coins_is_refused() -> None:
    with pytest.raises(InstrumentError, match=r"BTCUSDT is BTC and ETHUSDT is ETH"):
        check_pair(market("BTCUSDT", "BTC"), D(95000), market("ETHUSDT", "ETH"), D(95000))


def test_mids_more_than_two_percent_apart_are_refused_and_both_are_named() -> None:
    with pytest.raises(InstrumentError, match=r"BTCUSDT is at 102001 and BTC at 100000: 2.0 % .*within 2 %"):
        check_pair(market("BTCUSDT", "BTC"), D(102001), market("BTC", "BTC"), D(100000))
    check_pair(market("BTCUSDT", "BTC"), D(102000), market("BTC", "BTC"), D(100000))
    check_pair(market("BTCUSDT", "BTC"), D(100000), market("BTC", "BTC"), D(102000))


def test_a_multiple_that_the_name_hides_is_guessed_from_the_mids() -> None:
    with pytest.raises(InstrumentError, match=r"they are 1000 apart, as where one counts its coins by 1000"):
        check_pair(market("PEPEUSDT", "PEPE"), D("0.0105"), market("PEPE-USD", "PEPE"), D("0.0000105"))


def test_units_that_differ_are_refused_although_the_coin_and_its_price_agree() -> None:
    with pytest.raises(InstrumentError, match=r"1000PEPEUSDT counts 1000 PEPE a unit and PEPE-USD counts 1"):
        check_pair(market("1000PEPEUSDT", "1000PEPE"), D("0.0105"), market("PEPE-USD", "PEPE"), D("0.0000105"))


def test_equal_multiples_under_different_names_are_a_pair() -> None:
    check_pair(market("1000PEPEUSDT", "1000PEPE"), D("0.0105"), market("kPEPE", "kPEPE"), D("0.0104"))


@pytest.mark.parametrize("mid", ["0", "-1", "NaN"])
def test_a_mid_that_is_none_is_refused(mid: str) -> None:
    with pytest.raises(InstrumentError, match="mid is"):
        coin_price(market("BTCUSDT", "BTC"), D(mid))


def test_markets_are_found_by_coin() -> None:
    known = SymbolMap("lighter", [market("1000PEPE", "1000PEPE"), market("BTC", "BTC"), market("BTC-C", "BTC", "USDC")])
    assert known.find("kPEPE").symbol == "1000PEPE"
    assert known.find("XBT", quote="USDC").symbol == "BTC-C"
    with pytest.raises(InstrumentError, match="lighter has several markets of BTC: BTC, BTC-C"):
        known.find("BTC")
    with pytest.raises(InstrumentError, match="lighter has no market of DOGE; it has: BTC, PEPE"):
        known.find("DOGE")
    with pytest.raises(InstrumentError, match="no market of BTC in EUR"):
        known.find("BTC", quote="EUR")
