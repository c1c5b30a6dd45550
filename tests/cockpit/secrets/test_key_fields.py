"""What a key of a venue must consist of; errors name the field and never the value."""

from __future__ import annotations

import pytest

from cockpit.secrets.errors import KeysError
from cockpit.secrets.fields import VENUE_KEYS, checked, venue_keys
from venues.live.dialects import DIALECTS
from venues.model.secret import Secret

HEX_32 = "0x" + "ab" * 32
HEX_40 = "cd" * 40


def secrets(**fields: str) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in fields.items()}


@pytest.mark.parametrize(
    ("venue", "fields", "words"),
    [
        ("bybit", {"apiKey": "canary"}, "secret of a key of bybit is missing; expected the API secret"),
        ("bybit", {"apiKey": "canary", "secret": "  "}, "secret of a key of bybit is missing"),
        ("bybit", {"apiKey": "canary", "secrt": "canary"}, "no such field secrt; did you mean secret?"),
        ("bybit", {"canarycanary": "x"}, "no such a field; expected apiKey, secret"),
        ("bybit", {"apiKey": "can\x00ary", "secret": "x"}, "characters that cannot be printed"),
        ("bybit", {"apiKey": "canary\nsecond", "secret": "x"}, "characters that cannot be printed"),
        ("bybit", {"apiKey": "canary" * 2000, "secret": "x"}, "has 12000 characters"),
        ("lighter", {"accountIndex": "canary", "apiKeyIndex": "4", "privateKey": HEX_40}, "accountIndex .* digits"),
        ("lighter", {"accountIndex": "7", "apiKeyIndex": "255", "privateKey": HEX_40}, "a number from 4 to 254"),
        ("lighter", {"accountIndex": "7", "apiKeyIndex": "4", "privateKey": HEX_32}, r"\(66 characters\).*80 hexa"),
        ("hyperliquid", {"walletAddress": HEX_32, "privateKey": HEX_32}, "walletAddress .* 0x and 40 hexadecimal"),
        ("hyperliquid", {"walletAddress": "0x" + "a" * 40, "privateKey": "canary"}, "64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_right(venue: str, fields: dict[str, str], words: str) -> None:
    with pytest.raises(KeysError, match=words) as failed:
        checked(venue, secrets(**fields))
    assert "canary" not in str(failed.value)


@pytest.mark.parametrize("venue", ["binance", "canary" * 5])
def test_venues_that_are_not_known(venue: str) -> None:
    with pytest.raises(
        KeysError, match=r"no venue that takes keys; (did you mean binanceusdm|expected one of apex)"
    ) as failed:
        venue_keys(venue)
    assert "canary" not in str(failed.value)


def test_what_is_right_comes_back_in_order_and_without_blanks() -> None:
    found = checked("lighter", secrets(privateKey=f" {HEX_40}\t", apiKeyIndex="4", accountIndex="7"))
    assert {name: value.reveal() for name, value in found.items()} == {
        "accountIndex": "7",
        "apiKeyIndex": "4",
        "privateKey": HEX_40,
    }
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    assert checked("binanceusdm", secrets(apiKey="a", secret=pem))["secret"].reveal() == pem
    assert list(checked("aster", secrets(privateKey=HEX_32))) == ["privateKey"]


def test_the_fields_are_those_that_the_adapters_ask_for() -> None:
    for name, dialect in DIALECTS.items():
        fields = VENUE_KEYS[name].fields
        assert {field.name for field in fields if not field.optional} == set(dialect.required), name
        # a broker's tag is no part of a key: it stands in the configuration
        assert {field.name for field in fields if field.optional} >= set(dialect.optional) - {"brokerTag"}, name


def test_every_venue_of_the_project_has_its_fields() -> None:
    wanted = "backpack apex extended lighter grvt aster paradex hyperliquid binanceusdm bybit okx edgex dydx polymarket"
    assert set(wanted.split()) <= set(VENUE_KEYS)
    for keys in VENUE_KEYS.values():
        assert any(not field.optional for field in keys.fields)
        assert all(bool(field.shape) == bool(field.expected) for field in keys.fields)
