"""Binance USDⓈ-M futures: API keys, HMAC signatures, the window of time stamps, listen keys."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from venues.model import NS_PER_MS, NS_PER_S, Clock
from venues.served.binanceusdm_words import BAD_KEY, BAD_LISTEN_KEY, Params, Refused, missing
from venues.served.dialect import HttpRequest

AHEAD_MS = 1_000
"""How far a stamp may be ahead of the server's clock."""
RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
LISTEN_KEY_NS = 60 * 60 * NS_PER_S
"""A listen key ends so long after it was asked for or kept alive."""


class Keys:
    """One key pair an account, the same for the same seed. They open nothing but this server."""

    def __init__(self, accounts: Iterable[str], seed: int, clock: Clock) -> None:
        self._clock = clock
        self._pairs = {name: (_derived(seed, name, "key"), _derived(seed, name, "secret")) for name in accounts}
        self._accounts = {key: name for name, (key, _secret) in self._pairs.items()}

    def credentials(self, account: str) -> Mapping[str, str]:
        key, secret = self._pairs[account]
        return {"apiKey": key, "secret": secret}

    def claimed(self, request: HttpRequest) -> str:
        """Whose key the request shows; "" for none or an unknown one."""
        return self._accounts.get(request.headers.get("x-mbx-apikey", ""), "")

    def identify(self, request: HttpRequest) -> str:
        """The account of the key, where no signature is asked for. Raises `Refused`."""
        key = request.headers.get("x-mbx-apikey", "")
        if not key:
            raise Refused(-2014, "API-key format invalid.", 401)
        account = self._accounts.get(key)
        if account is None:
            raise Refused(*BAD_KEY, 401)
        return account

    def verify(self, request: HttpRequest, params: Params) -> str:
        """The account that signed the request. Raises `Refused`: -2014, -2015, -1021, -1022, -1102."""
        account = self.identify(request)
        stamp, window = params.whole("timestamp"), params.whole("recvWindow", RECV_WINDOW_MS)
        if window > MAX_RECV_WINDOW_MS:
            raise Refused(-1131, "recvWindow must be less than 60000")
        now = self._clock.now_ns() // NS_PER_MS
        if stamp > now + AHEAD_MS:
            raise Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if now - stamp > window:
            raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")
        signature = params.get("signature")
        if not signature:
            raise missing("signature")
        payload = _unsigned(request.query) + _unsigned(request.body.decode("utf-8", "replace"))
        secret = self._pairs[account][1]
        right = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), signature.encode()):
            raise Refused(-1022, "Signature for this request is not valid.")
        return account


def _derived(seed: int, account: str, what: str) -> str:
    return hashlib.sha256(f"paper exchange {seed} {account} {what}".encode()).hexdigest()


def _unsigned(text: str) -> str:
    """What was signed: everything but the signature itself."""
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


class ListenKeys:
    """One listen key an account at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, tuple[str, int]] = {}
        """Account to its key and when it ends, monotonic ns."""
        self._made = 0

    def create(self, account: str) -> str:
        """The key that is valid already, extended, or a new one."""
        held = self.valid(account)
        if not held:
            self._made += 1
            held = hashlib.sha256(f"listen {account} {self._made}".encode()).hexdigest()
        self._keys[account] = (held, self._clock.monotonic_ns() + LISTEN_KEY_NS)
        return held

    def keep(self, account: str) -> str:
        """Raises `Refused` where there is none (any more)."""
        if not self.valid(account):
            raise Refused(*BAD_LISTEN_KEY)
        return self.create(account)

    def end(self, account: str) -> str:
        """Forget the account's key; returns it, "" where there was none."""
        return self._keys.pop(account, ("", 0))[0]

    def valid(self, account: str) -> str:
        key, until = self._keys.get(account, ("", 0))
        return key if key and self._clock.monotonic_ns() < until else ""

    def account_of(self, key: str) -> str:
        """Whose key it is, "" for one that is unknown or has ended."""
        for account in self._keys:
            if key and self.valid(account) == key:
                return account
        return ""

    def expired(self) -> list[tuple[str, str]]:
        """(account, key) of those that have ended by now; they are forgotten."""
        now = self._clock.monotonic_ns()
        gone = [(account, key) for account, (key, until) in self._keys.items() if until <= now]
        for account, _key in gone:
            del self._keys[account]
        return gone

    def next_end(self) -> int | None:
        """When the next one ends, monotonic ns."""
        return min((until for _key, until in self._keys.values()), default=None)
