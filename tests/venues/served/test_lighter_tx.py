"""Transactions and tokens: their form, their hashes as the venue's library makes them, nonces and expiry."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.market_data import data_path
from tests.venues.served.lighter_kit import BTC, Bench
from venues.model import ManualClock
from venues.served.dialect import HttpRequest
from venues.served.lighter_curve import element_to_bytes
from venues.served.lighter_errors import LighterError
from venues.served.lighter_keys import KeyRing, _token_holds
from venues.served.lighter_schnorr import public_key
from venues.served.lighter_tx import TxKind, decode_tx

TESTNET = 300


def vectors(name: str) -> Any:
    return json.loads(data_path(f"adapter_fixtures/lighter/signing_{name}.json").read_bytes())["vectors"]


def good() -> dict[str, Any]:
    row = next(row for row in vectors("tx_oracle") if row["kind"] == "cancel_order")
    info: dict[str, Any] = json.loads(row["tx_info"])
    return info


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


# -- form --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Nonce": -1}, "Nonce is -1"),
        ({"Nonce": "3"}, "Nonce is '3'"),
        ({"Nonce": True}, "Nonce is True"),
        ({"Nonce": 1 << 48}, "Nonce is"),
        ({"Index": None}, "Index is None"),
        ({"ApiKeyIndex": 255}, "ApiKeyIndex is 255"),
        ({"ExpiredAt": 1.5}, "ExpiredAt is 1.5"),
        ({"Sig": "nonsense!"}, "Sig: expected 80 bytes"),
        ({"Sig": "AAAA"}, "Sig: expected 80 bytes"),
        ({"Sig": 5}, "Sig: expected 80 bytes"),
        ({"L2TxAttributes": {"9": 1}}, "attribute 9"),
        ({"L2TxAttributes": {"4": -1}}, "attribute 4"),
        ({"L2TxAttributes": {"a": 1}}, "L2TxAttributes"),
        ({"L2TxAttributes": [1]}, "L2TxAttributes"),
        ({"L2TxAttributes": {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}}, "5 entries"),
    ],
)
def test_a_transaction_of_a_wrong_form_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(LighterError, match=words) as caught:
        decode_tx(TxKind.CANCEL_ORDER, good() | change)
    assert caught.value.code == 21501


def test_kinds_that_are_not_served_and_texts_that_are_no_json_are_refused() -> None:
    with pytest.raises(LighterError, match="unsupported tx type 13: expected one of 14") as caught:
        decode_tx(13, good())
    assert caught.value.code == 21505
    with pytest.raises(LighterError, match="no JSON object"):
        decode_tx(15, "[1]")


def test_hashes_and_signatures_are_those_of_the_venues_library() -> None:
    for row in vectors("tx_oracle"):
        tx = decode_tx(row["tx_type"], row["tx_info"])
        assert element_to_bytes(tx.hash(TESTNET)).hex() == row["tx_hash"]
        public = public_key(int.from_bytes(bytes.fromhex(row["sk"]), "little"))
        assert tx.signature.hex() == row["sig"]
        with pytest.raises(LighterError, match="invalid signature"):
            tx.check_signature(public)  # it was signed for the testnet


def test_every_field_and_attribute_is_under_the_signature() -> None:
    row = next(row for row in vectors("tx_oracle") if row["kind"] == "create_order" and row["nonce"] == 1)
    info = json.loads(row["tx_info"])
    true = decode_tx(14, info).hash()
    for name, value in info.items():
        if name == "L2TxAttributes":
            bent = {**value, "1": value["1"] + 1}
        elif name == "Sig":
            continue
        else:
            bent = value + 1
        assert decode_tx(14, info | {name: bent}).hash() != true, name
    assert decode_tx(14, info | {"L2TxAttributes": None}).hash() != true


# -- who, nonce, expiry ------------------------------------------------------------------------------------------------


def test_unknown_accounts_and_keys_wrong_signatures_and_expired_transactions(bench: Bench) -> None:
    wallet = bench.wallet
    kind, fields = TxKind.CANCEL_ALL, {"TimeInForce": 0, "Time": 0}
    assert bench.send(kind, wallet.tx(kind, account=99, **fields)) == 21100
    assert bench.send(kind, wallet.tx(kind, key=77, **fields)) == 21109
    assert bench.send(kind, wallet.tx(kind, key=6, **fields)) == 21120
    assert bench.send(kind, wallet.tx(kind, **fields) | {"Time": 5}) == 21120
    assert bench.send(kind, wallet.tx(kind, account=bench.other.account, **fields)) == 21120
    assert bench.send(kind, wallet.tx(kind, expired_at=bench.house.now_ms(), **fields)) == 21501
    assert bench.get("nextNonce", account_index=wallet.account, api_key_index=5)["nonce"] == 0
    assert bench.do(kind, **fields) == 200


def test_nonces_follow_one_another(bench: Bench) -> None:
    kind, fields = TxKind.CANCEL_ALL, {"TimeInForce": 0, "Time": 0}
    first = bench.wallet.tx(kind, **fields)
    assert bench.send(kind, bench.wallet.tx(kind, nonce=1, **fields)) == 21104
    assert bench.send(kind, first) == 200
    assert bench.send(kind, first) == 21104
    assert bench.send(kind, bench.wallet.tx(kind, nonce=2, **fields)) == 21104
    assert bench.send(kind, bench.wallet.tx(kind, nonce=1, **fields)) == 200
    assert bench.get("nextNonce", account_index=bench.wallet.account, api_key_index=5)["nonce"] == 2


def test_an_error_of_the_api_leaves_the_nonce_and_a_refusal_of_the_engine_uses_it(bench: Bench) -> None:
    assert bench.order(1, "buy", "0.01", "59000.0", "post") == 200
    assert bench.order(1, "buy", "0.01", "59000.0", "post") == 21728
    assert bench.order(2, "buy", "0.01", "60001.0", "post") == 200
    assert bench.ended()[2] == "canceled-post-only"
    assert bench.get("nextNonce", account_index=bench.wallet.account, api_key_index=5)["nonce"] == 2


def test_with_skip_nonce_any_higher_one_will_do(bench: Bench) -> None:
    kind, fields = TxKind.CANCEL_ALL, {"TimeInForce": 0, "Time": 0}
    skip = {4: 1}
    assert bench.send(kind, bench.wallet.tx(kind, attributes=skip, nonce=1_000, **fields)) == 200
    assert bench.send(kind, bench.wallet.tx(kind, attributes=skip, nonce=1_000, **fields)) == 21104
    assert bench.send(kind, bench.wallet.tx(kind, nonce=5_000, **fields)) == 21104
    assert bench.send(kind, bench.wallet.tx(kind, nonce=1_001, **fields)) == 200
    assert bench.send(kind, bench.wallet.tx(kind, attributes=skip, nonce=1 << 47, **fields)) == 21104


def test_two_requests_at_once_with_one_nonce_take_effect_once(bench: Bench) -> None:
    wallet = bench.wallet
    bodies = []
    for client in (1, 2):
        order = wallet.tx(
            TxKind.CREATE_ORDER, MarketIndex=BTC, ClientOrderIndex=client, BaseAmount=1000, Price=590_000, IsAsk=0,
            Type=0, TimeInForce=2, ReduceOnly=0, TriggerPrice=0, OrderExpiry=bench.house.now_ms() + 86_400_000,
        )  # fmt: skip
        bodies.append(f"tx_type=14&tx_info={json.dumps(order)}".replace("+", "%2B").encode())

    async def both() -> list[int]:
        asked = [bench.front.http(HttpRequest("POST", "/api/v1/sendTx", body=body)) for body in bodies]
        return sorted(answer.status for answer in await asyncio.gather(*asked) if answer is not None)

    assert bench.run(both()) == [200, 400]
    bench.pass_time()
    assert len(bench.active()) == 1


def test_each_key_has_its_own_nonce() -> None:
    ring = KeyRing(["one"], random.Random(1), ManualClock())
    owner = ring.owners["one"]
    assert [key.index for key in owner.keys.values()] == [5, 6]
    assert owner.keys[5].public_key != owner.keys[6].public_key
    owner.keys[5].nonce = 9
    assert ring.key(owner.index, 6).nonce == 0


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_tokens_of_the_venues_library_hold() -> None:
    for row in vectors("auth_token_oracle"):
        message, _, signature = row["token"].rpartition(":")
        public = public_key(int.from_bytes(bytes.fromhex(row["sk"]), "little"))
        assert _token_holds(public, message, bytes.fromhex(signature))
        assert not _token_holds(public, message + "0", bytes.fromhex(signature))


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "missing"),
        ("1:2:3", "expected deadline"),
        ("a:2:3:ff", "expected deadline"),
        ("1:2:3:4:5", "expected deadline"),
    ],
)
def test_tokens_of_a_wrong_form_are_refused(bench: Bench, token: str, words: str) -> None:
    status, body = bench.ask("accountActiveOrders", token=token, account_index=bench.wallet.account)
    assert (status, body["code"]) == (400, 20013)
    assert words in body["message"]


def test_tokens_that_are_over_too_long_forged_or_of_another_account_are_refused(bench: Bench) -> None:
    wallet = bench.wallet

    def code(token: str, account: int = wallet.account) -> int:
        return int(bench.ask("accountActiveOrders", token=token, account_index=account)[1]["code"])

    assert code(wallet.token(0)) == 20013
    assert code(wallet.token(9 * 3600)) == 20013
    assert code(wallet.token(account=9)) == 21100
    assert code(wallet.token(key=9)) == 21109
    assert code(wallet.token(key=6)) == 20013
    assert code(wallet.token()[:-2] + "zz") == 20013
    assert code(bench.other.token()) == 20013
    assert code(wallet.token()) == 200
    assert code(bench.other.token(), bench.other.account) == 200


def test_a_token_ends_with_its_deadline(bench: Bench) -> None:
    token = bench.wallet.token(5)
    bench.get("accountActiveOrders", token=token)
    bench.pass_time(6)
    assert bench.ask("accountActiveOrders", token=token)[1]["message"] == "invalid auth: token expired"


def test_the_wallet_of_a_seed_is_always_the_same() -> None:
    clock = ManualClock()
    first, second = (KeyRing(["one"], random.Random(7), clock).credentials("one") for _ in range(2))
    assert first == second
    assert sorted(first) == ["accountIndex", "apiKeyIndex", "privateKey", "walletAddress"]
    assert len(first["privateKey"]) == 80
