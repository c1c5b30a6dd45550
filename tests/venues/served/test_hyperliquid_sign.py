"""Hashes and signatures against the venue's own client library, which shares no code with ours."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from hyperliquid.utils import signing

from venues.served.hyperliquid_nonces import DAY_MS, KEEP, NonceBook
from venues.served.hyperliquid_sign import (
    USER_SIGNED,
    Signature,
    SignatureError,
    action_hash,
    address_of_key,
    canonical,
    is_address,
    l1_digest,
    signer,
    user_digest,
)

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
WALLET = Account.from_key(KEY)
NONCE = 1_700_000_000_123
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
ORDER = {
    "a": 1,
    "b": True,
    "p": "100.5",
    "s": "0.25",
    "r": False,
    "t": {"limit": {"tif": "Gtc"}},
    "c": "0x" + "0a" * 16,
}
ACTIONS: list[dict[str, Any]] = [
    {"type": "order", "orders": [ORDER], "grouping": "na"},
    {"type": "order", "orders": [ORDER, ORDER], "grouping": "na", "builder": {"b": VAULT, "f": 10}},
    {"type": "cancel", "cancels": [{"a": 0, "o": 123_456_789_012}]},
    {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": "0x" + "0b" * 16}]},
    {"type": "batchModify", "modifies": [{"oid": 7, "order": ORDER}]},
    {"type": "updateLeverage", "asset": 4, "isCross": False, "leverage": 21},
    {"type": "scheduleCancel"},
    {"type": "scheduleCancel", "time": NONCE},
    {"type": "somethingNew", "z": [1, None, {"b": 2, "a": -7}], "y": 1 << 40, "text": "ü" * 40},
]


def parts(signature: dict[str, Any]) -> Signature:
    return Signature(signature["r"], signature["s"], signature["v"])


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action["type"]))
@pytest.mark.parametrize("vault", [None, VAULT])
@pytest.mark.parametrize("expires", [None, NONCE + 5])
def test_an_action_hashes_as_the_venues_library_hashes_it(
    action: dict[str, Any], vault: str | None, expires: int | None
) -> None:
    assert action_hash(action, NONCE, vault, expires) == signing.action_hash(action, vault, NONCE, expires)


@pytest.mark.parametrize(("mainnet", "source"), [(True, "a"), (False, "b")])
def test_who_signed_a_trading_action_is_found(mainnet: bool, source: str) -> None:
    made = signing.sign_l1_action(WALLET, ACTIONS[0], None, NONCE, None, mainnet)
    digest = action_hash(ACTIONS[0], NONCE, None, None)
    assert signer(l1_digest(digest, source), parts(made)) == WALLET.address.lower()
    other = "b" if source == "a" else "a"
    assert signer(l1_digest(digest, other), parts(made)) != WALLET.address.lower()


def test_one_changed_field_gives_another_signer() -> None:
    made = signing.sign_l1_action(WALLET, ACTIONS[0], None, NONCE, None, True)
    forged = {**ACTIONS[0], "orders": [{**ORDER, "s": "0.26"}]}
    digests = [
        action_hash(forged, NONCE, None, None),
        action_hash(ACTIONS[0], NONCE + 1, None, None),
        action_hash(ACTIONS[0], NONCE, VAULT, None),
        action_hash(ACTIONS[0], NONCE, None, NONCE),
    ]
    for digest in digests:
        assert signer(l1_digest(digest, "a"), parts(made)) != WALLET.address.lower()


def test_the_venue_writes_numbers_without_trailing_zeros_and_fields_in_its_order_before_it_hashes() -> None:
    sent = {"grouping": "na", "orders": [{**ORDER, "p": "100.50", "c": "0x" + "0A" * 16}], "type": "order"}
    assert list(canonical(sent)) == ["type", "orders", "grouping"]
    assert canonical(sent) == ACTIONS[0]
    assert canonical({"type": "order", "orders": [{"t": {}, "a": 0, "p": "1000", "s": "10.0"}]}) == {
        "type": "order",
        "orders": [{"a": 0, "p": "1000", "s": "10", "t": {}}],
    }


USER_ACTIONS: list[tuple[Any, dict[str, Any]]] = [
    (signing.sign_agent, {"type": "approveAgent", "agentAddress": VAULT, "agentName": "bot", "nonce": NONCE}),
    (
        signing.sign_approve_builder_fee,
        {"type": "approveBuilderFee", "maxFeeRate": "0.01%", "builder": VAULT, "nonce": NONCE},
    ),
    (signing.sign_usd_transfer_action, {"type": "usdSend", "destination": VAULT, "amount": "1.5", "time": NONCE}),
    (
        signing.sign_withdraw_from_bridge_action,
        {"type": "withdraw3", "destination": VAULT, "amount": "1", "time": NONCE},
    ),
    (
        signing.sign_usd_class_transfer_action,
        {"type": "usdClassTransfer", "amount": "1", "toPerp": True, "nonce": NONCE},
    ),
]


@pytest.mark.parametrize(
    ("sign", "action"), USER_ACTIONS, ids=lambda part: str(part.get("type")) if isinstance(part, dict) else ""
)
def test_who_signed_an_action_field_by_field_is_found(sign: Any, action: dict[str, Any]) -> None:
    sent = dict(action)
    made = sign(WALLET, sent, True)
    found = signer(user_digest(sent, *USER_SIGNED[action["type"]]), parts(made))
    assert found == WALLET.address.lower()
    sent["hyperliquidChain"] = "Testnet"
    assert signer(user_digest(sent, *USER_SIGNED[action["type"]]), parts(made)) != found


def test_a_name_that_was_left_out_was_signed_as_empty() -> None:
    sent = {"type": "approveAgent", "agentAddress": VAULT, "agentName": "", "nonce": NONCE}
    made = signing.sign_agent(WALLET, sent, False)
    del sent["agentName"]
    assert signer(user_digest(sent, *USER_SIGNED["approveAgent"]), parts(made)) == WALLET.address.lower()


def test_the_address_of_a_key() -> None:
    assert address_of_key(KEY) == WALLET.address.lower()
    assert is_address(WALLET.address)
    for bad in ("", "0x12", WALLET.address[2:], "0x" + "g" * 40, 7, None):
        assert not is_address(bad)


@pytest.mark.parametrize(
    "signature",
    [
        Signature("", "0x1", 27),
        Signature("0xzz", "0x1", 27),
        Signature("0x" + "f" * 65, "0x1", 27),
        Signature("0x1", "0x1", 29),
        Signature("0x1", "0x1", -1),
        Signature("0x0", "0x0", 27),
    ],
)
def test_numbers_that_are_no_signature_are_refused(signature: Signature) -> None:
    with pytest.raises(SignatureError, match="signature"):
        signer(l1_digest(bytes(32), "a"), signature)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"signatureChainId": "zz"}, "signatureChainId"),
        ({"agentAddress": "0x12"}, "expected 0x and 40 hex digits"),
        ({"agentAddress": 7}, "agentAddress is 7: expected address"),
        ({"nonce": -1}, "nonce is -1: expected uint64"),
        ({"nonce": True}, "nonce is True: expected uint64"),
    ],
)
def test_an_action_that_cannot_be_hashed_says_why(changes: dict[str, Any], match: str) -> None:
    sent = {
        "type": "approveAgent", "signatureChainId": "0x66eee", "hyperliquidChain": "Mainnet",
        "agentAddress": VAULT, "agentName": "bot", "nonce": NONCE,
    } | changes  # fmt: skip
    with pytest.raises(SignatureError, match=match):
        user_digest(sent, *USER_SIGNED["approveAgent"])


def test_a_trading_action_that_cannot_be_hashed_says_why() -> None:
    for nonce, vault in ((-1, None), (1 << 64, None)):
        with pytest.raises(SignatureError, match="cannot be hashed"):
            action_hash(ACTIONS[0], nonce, vault, None)
    with pytest.raises(SignatureError, match="address"):
        action_hash(ACTIONS[0], NONCE, "0x12", None)


# -- nonces ------------------------------------------------------------------------------------------------------------


def test_a_nonce_serves_once_for_each_signer() -> None:
    book = NonceBook()
    assert book.take("a", NONCE, NONCE) == ""
    assert book.take("a", NONCE, NONCE) == f"Invalid nonce: duplicate nonce {NONCE}"
    assert book.take("b", NONCE, NONCE) == ""


def test_nonces_may_come_out_of_order_while_they_are_among_the_hundred_highest() -> None:
    book = NonceBook()
    for step in range(KEEP):
        assert book.take("a", NONCE + 10 * step, NONCE) == ""
    assert book.take("a", NONCE + 5, NONCE) == ""
    # 101 were used: the lowest is forgotten, and nothing under what is left is taken any more
    assert book.take("a", NONCE, NONCE) == f"Invalid nonce: nonce too low {NONCE} < {NONCE + 5}"


@pytest.mark.parametrize(
    ("nonce", "reason"),
    [(NONCE - 2 * DAY_MS, "too low"), (NONCE + DAY_MS, "too high"), (NONCE // 1000, "too low"), (7, "too low")],
)
def test_a_nonce_far_from_now_is_refused_and_not_used_up(nonce: int, reason: str) -> None:
    book = NonceBook()
    assert reason in book.take("a", nonce, NONCE)
    assert book.take("a", nonce, nonce) == ""


@pytest.mark.parametrize("nonce", [NONCE - 2 * DAY_MS + 1, NONCE + DAY_MS - 1])
def test_a_nonce_at_the_edge_of_the_window_is_taken(nonce: int) -> None:
    assert NonceBook().take("a", nonce, NONCE) == ""
