"""Who may do what: signatures, nonces, expiry, API wallets, builders, leverage, the dead-man switch; faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils import signing

from tests.venues.served.hyperliquid_kit import ASK, BID, Bench, D, Markets, cloid, wire
from venues.model import SystemClock
from venues.paper.spec import SpecError
from venues.served.dialect import HttpRequest
from venues.served.faults import Fault, FaultKind
from venues.served.house import House, HouseSpec
from venues.served.hyperliquid import HyperliquidDialect
from venues.served.registry import dialect_factory

STRANGER = Account.from_key("0x" + "42" * 32)
BUILDER = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6"
ORDER: dict[str, Any] = {"type": "order", "orders": [wire("buy", "0.01", "59000")], "grouping": "na"}
OK = {"status": "ok", "response": {"type": "default"}}


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def user_signed(bench: Bench, sign: Any, action: dict[str, Any], key: str = "") -> Any:
    nonce = bench.nonce()
    sent = {**action, ("time" if action["type"] in ("usdSend", "withdraw3") else "nonce"): nonce}
    signature = sign(Account.from_key(key or bench.key()), sent, True)
    answer = bench.http("/exchange", {"action": sent, "nonce": nonce, "signature": signature, "vaultAddress": None})
    return msgspec.json.decode(answer.body)


# -- signatures --------------------------------------------------------------------------------------------------------


def test_a_stranger_is_told_that_his_wallet_does_not_exist(bench: Bench) -> None:
    answer = bench.act(ORDER, key=STRANGER.key.hex())
    words = f"User or API Wallet {STRANGER.address.lower()} does not exist."
    assert answer == {"status": "err", "response": words}
    assert bench.of("openOrders") == []
    assert not bench.dialect.wallets.by_name["one"].seen


@pytest.mark.parametrize("mainnet", [True, False])
def test_clients_of_the_main_net_and_of_the_test_net_are_both_understood(bench: Bench, mainnet: bool) -> None:
    assert bench.act(ORDER, mainnet=mainnet)["status"] == "ok"


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: body["action"]["orders"][0].update(s="0.02"),
        lambda body: body["action"]["orders"][0].update(p="59001"),
        lambda body: body.update(nonce=body["nonce"] + 1),
        lambda body: body.update(expiresAfter=body["nonce"] + 60_000),
        lambda body: body.update(vaultAddress=BUILDER),
        lambda body: body["signature"].update(v=55 - body["signature"]["v"]),
    ],
    ids=["size", "price", "nonce", "expiry", "vault", "v"],
)
def test_what_was_changed_after_signing_is_somebody_elses(bench: Bench, forge: Any) -> None:
    body = bench.signed({**ORDER, "orders": [dict(ORDER["orders"][0])]})
    forge(body)
    answer = msgspec.json.decode(bench.http("/exchange", body).body)
    assert answer["status"] == "err"
    assert answer["response"].startswith("User or API Wallet 0x")
    assert bench.address() not in answer["response"]
    assert bench.of("openOrders") == []


@pytest.mark.parametrize(("size", "price"), [("0.010", "59000"), ("0.01", "59000.0")])
def test_a_number_signed_with_trailing_zeros_is_a_wrong_signature(bench: Bench, size: str, price: str) -> None:
    """The venue writes numbers anew before it hashes them, which has cost many a client an hour."""
    answer = bench.act({**ORDER, "orders": [wire("buy", size, price)]})
    assert answer["status"] == "err"
    assert "does not exist" in answer["response"]


def test_a_signature_that_is_none_cannot_be_recovered(bench: Bench) -> None:
    body = bench.signed(ORDER) | {"signature": {"r": "0x0", "s": "0x0", "v": 27}}
    answer = msgspec.json.decode(bench.http("/exchange", body).body)
    assert answer["response"].startswith("Unable to recover signer")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"action":{}}', b'{"action":{},"nonce":"1","signature":{"r":"","s":"","v":27}}']
)
def test_a_body_that_is_no_request_is_answered_422(bench: Bench, body: bytes) -> None:
    for path in ("/exchange", "/info"):
        answer = bench.http(path, body)
        assert answer.status == 422
        assert answer.body.startswith(b"Failed to deserialize the JSON body into the target type")


def test_other_paths_and_methods(bench: Bench) -> None:
    assert bench.http("/nothing", {}).status == 404
    assert bench.http("/info", b"", "GET").status == 405


# -- nonces and expiry -------------------------------------------------------------------------------------------------


def test_a_replayed_request_is_refused_by_its_nonce(bench: Bench) -> None:
    body = bench.signed({**ORDER, "orders": [wire("buy", "0.01", "59000", c=cloid(1))]})
    assert msgspec.json.decode(bench.http("/exchange", body).body)["status"] == "ok"
    again = msgspec.json.decode(bench.http("/exchange", body).body)
    assert again == {"status": "err", "response": f"Invalid nonce: duplicate nonce {body['nonce']}"}
    assert len(bench.of("openOrders")) == 1


def test_nonces_are_ms_near_to_now(bench: Bench) -> None:
    now = bench.house.now_ms()
    assert "nonce too low" in bench.act(ORDER, nonce=7)["response"]
    assert "nonce too low" in bench.act(ORDER, nonce=now // 1000)["response"]
    assert "nonce too high" in bench.act(ORDER, nonce=now * 1000)["response"]
    assert bench.act(ORDER, nonce=now - 86_400_000)["status"] == "ok"


def test_an_order_that_was_refused_has_used_its_nonce(bench: Bench) -> None:
    nonce = bench.nonce()
    bad = {**ORDER, "orders": [wire("buy", "0", "59000")]}
    assert bench.act(bad, nonce=nonce)["status"] == "ok"
    assert "duplicate nonce" in bench.act(ORDER, nonce=nonce)["response"]


def test_accounts_do_not_share_nonces(bench: Bench) -> None:
    nonce = bench.nonce()
    assert bench.act(ORDER, nonce=nonce)["status"] == "ok"
    assert bench.act(ORDER, nonce=nonce, account="two")["status"] == "ok"


def test_an_action_that_has_expired_does_nothing(bench: Bench) -> None:
    now = bench.house.now_ms()
    answer = bench.act(ORDER, expires=now - 1)
    assert answer["status"] == "err"
    assert "expired" in answer["response"]
    assert bench.of("openOrders") == []
    assert bench.act(ORDER, expires=now + 1000)["status"] == "ok"


def test_there_are_no_vaults(bench: Bench) -> None:
    answer = bench.act(ORDER, vault=BUILDER)
    assert answer == {"status": "err", "response": f"Vault not registered: {BUILDER}"}


# -- API wallets -------------------------------------------------------------------------------------------------------


def approve(bench: Bench, name: str = "bot", agent: Any = STRANGER) -> Any:
    action = {"type": "approveAgent", "agentAddress": agent.address, "agentName": name}
    return user_signed(bench, signing.sign_agent, action)


def test_an_api_wallet_trades_for_its_account_until_it_is_replaced(bench: Bench) -> None:
    assert approve(bench) == OK
    assert bench.act(ORDER, key=STRANGER.key.hex())["status"] == "ok"
    assert len(bench.of("openOrders")) == 1
    (row,) = bench.of("extraAgents")
    assert (row["name"], row["address"]) == ("bot", STRANGER.address.lower())
    assert row["validUntil"] > bench.house.now_ms()
    assert bench.info("userRole", user=STRANGER.address) == {"role": "agent", "data": {"user": bench.address()}}
    assert bench.of("userRole") == {"role": "user"}
    assert bench.info("userRole", user=BUILDER) == {"role": "missing"}
    # asked by its own address there is nothing: the well-known mistake
    assert bench.info("openOrders", user=STRANGER.address) == []
    assert approve(bench, agent=Account.from_key("0x" + "43" * 32)) == OK
    assert "does not exist" in bench.act(ORDER, key=STRANGER.key.hex())["response"]


def test_an_api_wallet_ends_when_it_was_to_end(bench: Bench) -> None:
    until = bench.house.now_ms() + 60_000
    assert approve(bench, f"bot valid_until {until}") == OK
    assert bench.of("extraAgents")[0]["validUntil"] == until
    assert bench.act(ORDER, key=STRANGER.key.hex())["status"] == "ok"
    bench.pass_time(61)
    assert "does not exist" in bench.act(ORDER, key=STRANGER.key.hex())["response"]
    assert "expiry" in approve(bench, f"bot valid_until {until}")["response"]


def test_an_api_wallet_may_not_approve_nor_withdraw(bench: Bench) -> None:
    approve(bench)
    key = STRANGER.key.hex()
    action = {"type": "approveAgent", "agentAddress": BUILDER, "agentName": "x"}
    words = f"Must deposit before performing actions. User: {STRANGER.address.lower()}"
    assert user_signed(bench, signing.sign_agent, action, key)["response"] == words
    action = {"type": "withdraw3", "destination": BUILDER, "amount": "1"}
    assert user_signed(bench, signing.sign_withdraw_from_bridge_action, action, key)["response"] == words


def test_an_accounts_own_address_is_no_api_wallet(bench: Bench) -> None:
    other = Account.from_key(bench.key("two"))
    assert "own address" in approve(bench, agent=other)["response"]


def test_what_is_not_served_is_refused_and_recorded(bench: Bench) -> None:
    action = {"type": "withdraw3", "destination": BUILDER, "amount": "1"}
    answer = user_signed(bench, signing.sign_withdraw_from_bridge_action, action)
    assert answer == {"status": "err", "response": "Action withdraw3 is not served by this exchange"}
    assert bench.act({"type": "twapOrder"})["status"] == "err"
    assert [seen.kind for seen in bench.dialect.wallets.by_name["one"].seen] == ["withdraw3", "twapOrder"]


def test_the_nonce_of_an_action_signed_field_by_field_is_in_it(bench: Bench) -> None:
    nonce = bench.nonce()
    sent = {"type": "approveAgent", "agentAddress": STRANGER.address, "agentName": "bot", "nonce": nonce}
    signature = signing.sign_agent(Account.from_key(bench.key()), sent, True)
    body = {"action": sent, "nonce": nonce + 1, "signature": signature}
    assert "Invalid nonce" in msgspec.json.decode(bench.http("/exchange", body).body)["response"]


# -- builders, referrers -----------------------------------------------------------------------------------------------


def test_a_builder_without_approval_is_refused_and_with_it_recorded(bench: Bench) -> None:
    with_builder = {**ORDER, "builder": {"b": BUILDER, "f": 10}}
    assert bench.of("maxBuilderFee", builder=BUILDER) == 0
    refused = {"status": "err", "response": "Builder fee has not been approved."}
    assert bench.act(with_builder) == refused
    approval = {"type": "approveBuilderFee", "maxFeeRate": "0.005%", "builder": BUILDER}
    assert user_signed(bench, signing.sign_approve_builder_fee, approval) == OK
    assert bench.of("maxBuilderFee", builder=BUILDER) == 5
    assert bench.act(with_builder) == refused
    assert bench.act({**ORDER, "builder": {"b": BUILDER, "f": 5}})["status"] == "ok"
    for rate in ("1%", "0.01", "-1%", "x%"):
        approval["maxFeeRate"] = rate
        assert "maxFeeRate" in user_signed(bench, signing.sign_approve_builder_fee, approval)["response"]


def test_a_referrer_is_taken_and_recorded(bench: Bench) -> None:
    assert bench.act({"type": "setReferrer", "code": "SOMEBODY"}) == OK
    (seen,) = bench.dialect.wallets.by_name["one"].seen
    assert (seen.kind, seen.action["code"], seen.signer) == ("setReferrer", "SOMEBODY", bench.address())


# -- leverage, dead man ------------------------------------------------------------------------------------------------


def test_leverage_is_bounded_and_its_type_is_fixed_while_there_is_a_position(bench: Bench) -> None:
    def update(leverage: int, cross: bool = True, asset: int = 0) -> Any:
        return bench.act({"type": "updateLeverage", "asset": asset, "isCross": cross, "leverage": leverage})

    for answer in (update(0), update(41), update(5, asset=9)):
        assert answer == {"status": "err", "response": "Invalid leverage value"}
    bench.order("buy", "0.01", str(ASK), "Ioc")
    refused = {"status": "err", "response": "Cannot switch leverage type with open position."}
    assert update(5, cross=False) == refused
    assert update(5) == OK
    position = bench.of("clearinghouseState")["assetPositions"][0]["position"]
    assert position["leverage"] == {"type": "cross", "value": 5}
    assert position["marginUsed"] == "120.01"
    bench.order("sell", "0.01", str(BID), "Ioc")
    assert update(3, cross=False) == OK
    data = bench.of("activeAssetData", coin="BTC")
    assert data["leverage"] == {"type": "isolated", "value": 3}


def test_too_many_orders_are_refused_in_the_venues_words() -> None:
    with Bench(order_limit=True) as bench:
        statuses = bench.orders([wire("buy", "0.001", "59000")] * 25)
        refused = [status["error"] for status in statuses if "error" in status]
        assert 0 < len(refused) < 25
        assert all(text.startswith("Too many cumulative requests sent (25 > ") for text in refused)


def test_a_scheduled_cancel_needs_volume(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    answer = bench.act({"type": "scheduleCancel", "time": bench.house.now_ms() + 10_000})
    assert answer["response"] == (
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $600.1."
    )


def test_a_scheduled_cancel_cancels_at_its_time_unless_it_is_moved_or_taken_back() -> None:
    with Bench(schedule_volume="0") as bench:
        bench.order("buy", "0.01", "59000", c=cloid(1))

        def schedule(seconds: float | None) -> Any:
            time = {} if seconds is None else {"time": bench.house.now_ms() + round(seconds * 1000)}
            return bench.act({"type": "scheduleCancel", **time})

        assert "5 seconds ahead" in schedule(4)["response"]
        assert "expected 0 (off) to 86400" in schedule(90_000)["response"]
        assert schedule(10) == OK
        bench.pass_time(8)
        assert schedule(10) == OK
        bench.pass_time(8)
        assert schedule(None) == OK
        bench.pass_time(30)
        assert len(bench.of("openOrders")) == 1
        assert schedule(6) == OK
        bench.pass_time(7)
        assert bench.of("openOrders") == []
        assert bench.of("orderStatus", oid=cloid(1))["order"]["status"] == "canceled"


# -- faults ------------------------------------------------------------------------------------------------------------


def test_requests_are_known_by_who_signed_or_who_is_asked_about(bench: Bench) -> None:
    def account_of(path: str, body: Any) -> str:
        return bench.dialect.account_of(HttpRequest("POST", path, body=msgspec.json.encode(body)))

    assert account_of("/exchange", bench.signed(ORDER, account="two")) == "two"
    assert account_of("/exchange", bench.signed(ORDER, key=STRANGER.key.hex())) == ""
    assert account_of("/info", {"type": "openOrders", "user": bench.address("two").upper().replace("X", "x")}) == "two"
    assert account_of("/info", {"type": "meta"}) == ""
    assert account_of("/info", []) == ""
    assert account_of("/exchange", []) == ""


@pytest.mark.parametrize(
    ("kind", "status", "words", "placed"),
    [
        (FaultKind.RATE_LIMIT, 429, b"null", 0),
        (FaultKind.ERROR_BEFORE, 502, b"Bad Gateway", 0),
        (FaultKind.ERROR_AFTER, 502, b"Bad Gateway", 1),
        (FaultKind.NONCE, 200, b"Invalid nonce: duplicate nonce", 0),
        (FaultKind.EXPIRED_TOKEN, 200, b"does not exist.", 0),
    ],
)
def test_faults_speak_as_the_venue_does(bench: Bench, kind: FaultKind, status: int, words: bytes, placed: int) -> None:
    bench.move(bench.front.switch_on, Fault(kind, account="one", path="/exchange", seconds=5))
    answer = bench.http("/exchange", bench.signed(ORDER))
    assert answer.status == status
    assert words in answer.body
    assert len(bench.of("openOrders")) == placed
    assert bench.act(ORDER, account="two")["status"] == "ok"
    bench.pass_time(6)
    assert bench.act(ORDER)["status"] == "ok"


def test_questions_need_no_nonce(bench: Bench) -> None:
    bench.move(bench.front.switch_on, Fault(FaultKind.NONCE, seconds=60))
    assert bench.of("openOrders") == []
    assert bench.http("/exchange", b"{").status == 422


def test_an_expired_token_ends_the_api_wallets_of_the_account(bench: Bench) -> None:
    approve(bench)
    bench.move(bench.front.switch_on, Fault(FaultKind.EXPIRED_TOKEN, account="two"))
    assert bench.act(ORDER, key=STRANGER.key.hex())["status"] == "ok"
    bench.move(bench.front.switch_on, Fault(FaultKind.EXPIRED_TOKEN, account="one"))
    assert "does not exist" in bench.act(ORDER, key=STRANGER.key.hex())["response"]
    assert bench.act(ORDER)["status"] == "ok"


def test_a_rollback_shows_the_position_as_it_was(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    bench.move(bench.front.switch_on, Fault(FaultKind.ROLLBACK, account="one", seconds=5))
    assert bench.of("clearinghouseState")["assetPositions"] == []
    bench.pass_time(6)
    assert bench.of("clearinghouseState")["assetPositions"][0]["position"]["szi"] == "0.01"


def test_the_registry_knows_the_dialect(bench: Bench) -> None:
    factory = dialect_factory("hyperliquid")
    assert factory.venue == "hyperliquid"
    credentials = factory(bench.house).credentials("one")
    assert set(credentials) == {"walletAddress", "privateKey"}
    assert Account.from_key(credentials["privateKey"]).address.lower() == credentials["walletAddress"]
    with pytest.raises(SpecError, match="hyperliquid"):
        dialect_factory("hyperliquidd")


def test_there_are_as_many_accounts_as_ids_are_kept_apart_for() -> None:
    clock = SystemClock()
    names = {f"a{number}": D(1) for number in range(101)}
    house = House(HouseSpec(venue="hyperliquid", accounts=names), clock, Markets().all)
    with pytest.raises(SpecError, match="101 accounts: expected 100"):
        HyperliquidDialect(house)
