"""What the adapter found of an account, as an operator of keys is told it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cockpit.secrets.facts import ProbeFailed, fingerprint
from cockpit.secrets.live_probe import key_facts, probe
from venues.live.account_facts import AccountFacts
from venues.model.secret import Secret

NOTHING = {"apiKey": Secret("a"), "secret": Secret("b")}


def test_what_the_venue_does_not_say_stays_unknown() -> None:
    found = key_facts(AccountFacts(), NOTHING)
    assert (found.may_read, found.may_trade, found.may_withdraw, found.expires_ns) == (True, None, None, None)
    assert (found.account_id, found.notes) == ("", ())
    assert fingerprint(found.account_id) == ""


def test_everything_that_may_be_said() -> None:
    found = key_facts(
        AccountFacts(
            one_way=False,
            can_trade=True,
            can_withdraw=True,
            key_expires_ms=1_800_000_000_000,
            maker_fee=Decimal("-0.00002"),
            taker_fee=Decimal("0.0005"),
            fee_tier="VIP 3",
            unanswered={"leverage of BTC": "RequestTimeout"},
        ),
        NOTHING,
    )
    assert (found.may_trade, found.may_withdraw, found.expires_ns) == (True, True, 1_800_000_000_000_000_000)
    assert found.notes == (
        "Fee tier VIP 3.",
        "Fees: maker -0.2 bps, taker 5 bps.",
        "The account is in hedge mode: set it to one-way before it trades.",
        "Asked in vain: leverage of BTC (RequestTimeout).",
    )
    assert key_facts(AccountFacts(key_never_expires=True), NOTHING).notes == ("The key never expires.",)


def test_an_account_is_known_by_what_is_no_key() -> None:
    lighter = {"privateKey": Secret("k1"), "accountIndex": Secret("7"), "apiKeyIndex": Secret("4")}
    other_key = {"privateKey": Secret("k2"), "accountIndex": Secret("7"), "apiKeyIndex": Secret("5")}
    assert key_facts(AccountFacts(), lighter).account_id == key_facts(AccountFacts(), other_key).account_id != ""
    upper = {"walletAddress": Secret("0xABC"), "privateKey": Secret("k")}
    assert key_facts(AccountFacts(), upper).account_id == "walletAddress=0xabc"


@pytest.mark.parametrize(("venue", "words"), [("edgex", "cannot be tested"), ("dydx", "has no fills of an account")])
def test_venues_that_cannot_be_asked(venue: str, words: str) -> None:
    with pytest.raises(ProbeFailed, match=words) as failed:
        probe(venue, NOTHING, "")
    assert not failed.value.refused


def test_a_venue_that_is_not_there_says_nothing_of_the_key() -> None:
    with pytest.raises(ProbeFailed) as failed:
        probe("bybit", NOTHING, "http://127.0.0.1:9")
    assert not failed.value.refused


def test_an_endpoint_that_makes_no_sense() -> None:
    with pytest.raises(ProbeFailed, match="endpoint is 'nonsense'") as failed:
        probe("bybit", NOTHING, "nonsense")
    assert not failed.value.refused
