"""Who is who on the served Lighter: account indexes, API keys with their nonces, and auth tokens."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cached_property, lru_cache

from venues.model import NS_PER_S, Clock
from venues.served.lighter_curve import ORDER
from venues.served.lighter_errors import (
    ACCOUNT_NOT_FOUND,
    API_KEY_NOT_FOUND,
    INVALID_TX_INFO,
    LighterError,
    invalid_auth,
    invalid_nonce,
)
from venues.served.lighter_schnorr import hash_to_element, private_key_bytes, public_key, verify
from venues.served.lighter_tx import MAX_STAMP, Tx

FIRST_ACCOUNT = 7001
KEY_INDEXES = (5, 6)
"""Keys that each account has from the start; the first is handed out. 0 to 3 are the venue's own apps'."""
ALL_KEYS = 255
MAX_TOKEN_S = 8 * 3600
TOKEN_SLACK_S = 60
"""By so much may a client's clock be ahead when it makes a token of the longest life."""
MAX_TOKENS = 1_000
MAX_SKIP_NONCE = (1 << 47) - 1


class ApiKey:
    """One key: its nonce is the one that the next transaction must have."""

    def __init__(self, index: int, private_key: int) -> None:
        self.index = index
        self.private_key = private_key
        self.nonce = 0

    @cached_property
    def public_key(self) -> bytes:
        """40 bytes."""
        return public_key(self.private_key)


class Owner:
    """One account as the venue names it."""

    def __init__(self, name: str, index: int, address: str, keys: Iterable[ApiKey]) -> None:
        self.name = name
        self.index = index
        self.address = address
        self.keys = {key.index: key for key in keys}
        self.revoked: set[str] = set()
        """Tokens that ended before their time."""
        self.seen: set[str] = set()
        """Tokens that were accepted."""


class KeyRing:
    """Every account's keys. `rng` makes them, so one seed gives the same credentials again."""

    def __init__(self, names: Iterable[str], rng: random.Random, clock: Clock) -> None:
        self._clock = clock
        self.owners: dict[str, Owner] = {}
        """By account name."""
        for offset, name in enumerate(names):
            keys = [ApiKey(index, rng.randrange(1, ORDER)) for index in KEY_INDEXES]
            address = f"0x{rng.getrandbits(160):040x}"
            self.owners[name] = Owner(name, FIRST_ACCOUNT + offset, address, keys)
        self._by_index = {owner.index: owner for owner in self.owners.values()}

    def credentials(self, name: str) -> dict[str, str]:
        owner = self.owners[name]
        key = owner.keys[KEY_INDEXES[0]]
        return {
            "privateKey": private_key_bytes(key.private_key).hex(),
            "accountIndex": str(owner.index),
            "apiKeyIndex": str(key.index),
            "walletAddress": owner.address,
        }

    def owner(self, index: int) -> Owner:
        """Raises `LighterError`."""
        owner = self._by_index.get(index)
        if owner is None:
            raise LighterError(ACCOUNT_NOT_FOUND, "account not found")
        return owner

    def key(self, account_index: int, key_index: int) -> ApiKey:
        """Raises `LighterError`."""
        key = self.owner(account_index).keys.get(key_index)
        if key is None:
            raise LighterError(API_KEY_NOT_FOUND, "api key not found")
        return key

    # -- transactions --------------------------------------------------------------------------------------------

    def check(self, tx: Tx) -> Owner:
        """Whose transaction it is, once signature, expiry and nonce are right; uses nothing up. Raises
        `LighterError`."""
        owner = self.owner(tx.account_index)
        key = self.key(tx.account_index, tx.key_index)
        tx.check_signature(key.public_key)
        if tx.expired_at <= self._clock.now_ns() // 1_000_000:
            raise LighterError(INVALID_TX_INFO, f"invalid tx info: ExpiredAt {tx.expired_at} is over")
        if tx.skips_nonce:
            if not key.nonce <= tx.nonce <= MAX_SKIP_NONCE:
                raise invalid_nonce()
        elif tx.nonce != key.nonce:
            raise invalid_nonce()
        return owner

    def use(self, tx: Tx) -> None:
        """The transaction was accepted: its nonce is spent."""
        self.key(tx.account_index, tx.key_index).nonce = min(tx.nonce + 1, MAX_STAMP)

    # -- tokens --------------------------------------------------------------------------------------------------

    def claimed(self, token: str) -> Owner | None:
        """Whose token it claims to be; nothing is checked."""
        parts = token.split(":")
        if len(parts) != 4 or not parts[1].isascii() or not parts[1].isdigit():
            return None
        return self._by_index.get(int(parts[1]))

    def authenticate(self, token: str) -> Owner:
        """Whose token `deadline:account:key:signature` is. Raises `LighterError`: missing, malformed, over, or not of
        a key of that account."""
        if not token:
            raise invalid_auth("auth token is missing")
        *numbers, signature = token.split(":")
        if len(numbers) != 3 or not all(part.isascii() and part.isdigit() for part in numbers):
            raise invalid_auth("expected deadline:account:key:signature")
        deadline, account_index, key_index = (int(part) for part in numbers)
        owner = self.owner(account_index)
        key = self.key(account_index, key_index)
        now = self._clock.now_ns() // NS_PER_S
        if deadline <= now or token in owner.revoked:
            raise invalid_auth("token expired")
        if deadline > now + MAX_TOKEN_S + TOKEN_SLACK_S:
            raise invalid_auth("token lives longer than 8 hours")
        try:
            signed = bytes.fromhex(signature)
        except ValueError:
            signed = b""
        if not _token_holds(key.public_key, ":".join(numbers), signed):
            raise invalid_auth("signature is wrong")
        if len(owner.seen) >= MAX_TOKENS:
            owner.seen.clear()
        owner.seen.add(token)
        return owner

    def revoke_tokens(self, name: str) -> None:
        """Every token of the account that was used so far ends now."""
        owner = self.owners[name]
        owner.revoked |= owner.seen
        owner.seen.clear()


@lru_cache(maxsize=1_000)
def _token_holds(public: bytes, message: str, signature: bytes) -> bool:
    """A token is signed over the bytes of its text, eight to a field element, the last one filled up with zeros."""
    data = message.encode()
    elements = [int.from_bytes(data[start : start + 8], "little") for start in range(0, len(data), 8)]
    return verify(public, hash_to_element(elements), signature)
