"""The part of edgex-python-sdk 2 that is used, typed here, and what its errors mean.

Its REST client is used whole: signatures (EIP-712 for orders, HMAC for the account) are its business. Its websocket
client is not: it has a thread of its own, neither redials nor tells a gap."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

from venues.model import VenueBusy, VenueRejected, VenueUnavailable
from venues.model.secret import Secret

Raw: TypeAlias = Mapping[str, Any]
"""A JSON object of the venue's. `Any`: what is in it is known only when it is read."""

INSTALL = ".venv/bin/python -m pip install edgex-python-sdk==2.0.1"
"""In the clone; the same as its extra `edgex`."""
REQUIRED = ("accountId", "apiKey", "secret", "password", "privateKey")
"""Names of the credentials: the account's number, the API key with secret and passphrase, and the trading key."""
_STATUS = re.compile(r"status code: (\d{3})")
_MESSAGE = re.compile(r"'(?:msg|message|errorMsg)': '([^']{1,200})'")
_CODE = re.compile(r"'code': '([A-Z0-9_]{1,60})'")
TIMEOUT_S = 10.0


class Orders(Protocol):
    async def create_order(self, params: Any, metadata: Raw, l2_price: Any) -> Raw: ...
    async def cancel_order(self, params: Any) -> Raw: ...
    async def get_orders_by_id(self, order_id_list: list[str]) -> Raw: ...
    async def get_orders_by_client_order_id(self, client_order_id_list: list[str]) -> Raw: ...
    async def get_active_orders(self, params: Any) -> Raw: ...
    async def get_order_fill_transactions(self, params: Any) -> Raw: ...


class RestClient(Protocol):
    """`edgex_sdk.Client`."""

    order: Orders
    account: Any

    async def get_metadata(self) -> Raw: ...
    async def close(self) -> None: ...


class Sdk(Protocol):
    """The module `edgex_sdk`."""

    Client: Any
    CreateOrderParams: Any
    CancelOrderParams: Any
    GetActiveOrderParams: Any
    OrderFillTransactionParams: Any
    GetCollateralTransactionPageParams: Any


def installed() -> bool:
    """Whether the SDK is there; nothing of it is run."""
    return find_spec("edgex_sdk") is not None


def load() -> Sdk:
    """The SDK. Raises `VenueRejected` with the line that installs it."""
    try:
        module: Any = import_module("edgex_sdk")
    except ImportError:
        raise VenueRejected(f"edgeX needs its SDK, which is not installed: {INSTALL}") from None
    sdk: Sdk = module
    return sdk


def make_client(sdk: Sdk, base_url: str, credentials: Mapping[str, Secret]) -> RestClient:
    """A REST client of one account. Raises `VenueRejected` naming the credentials that are missing or wrong."""
    lacking = [name for name in REQUIRED if not credentials.get(name)]
    if lacking:
        raise VenueRejected(f"edgeX needs the credentials {', '.join(lacking)} too")
    account = credentials["accountId"].reveal()
    if not account.isdecimal():
        raise VenueRejected("accountId of an edgeX account must be a number")
    client: RestClient = sdk.Client(
        base_url=base_url,
        account_id=int(account),
        api_key=credentials["apiKey"].reveal(),
        api_secret=credentials["secret"].reveal(),
        api_passphrase=credentials["password"].reveal(),
        trading_private_key=credentials["privateKey"].reveal(),
        timeout=TIMEOUT_S,
    )
    return client


async def ask(what: str, call: Awaitable[Raw]) -> Any:
    """`data` of an answer. Raises `VenueUnavailable` (no answer, or 5xx), `VenueBusy` (429) or `VenueRejected`.

    The SDK raises `ValueError` for everything, with the answer in its text; only status, code and message of it are
    taken over."""
    failure: VenueUnavailable | VenueRejected
    try:
        answer = await call
    except (TimeoutError, OSError) as error:
        failure = VenueUnavailable(f"{what}: {type(error).__name__}")
    except ValueError as error:
        failure = _meaning(what, str(error))
    else:
        code = str(answer.get("code") or "")
        if code == "SUCCESS":
            return answer.get("data")
        said = str(answer.get("msg") or answer.get("errorMsg") or code or "an answer without a code")
        failure = VenueRejected(f"{what}: {said}", code) if code else VenueUnavailable(f"{what}: {said}")
    # outside of the handler, so that the SDK's error with its texts does not hang on ours
    raise failure


def _meaning(what: str, text: str) -> VenueUnavailable | VenueRejected:
    found = _STATUS.search(text)
    if found is None:
        # the SDK's own checks speak of what is wrong before anything is sent; "HTTP request failed" is the network
        if text.startswith("HTTP request failed"):
            return VenueUnavailable(f"{what}: no answer")
        return VenueRejected(f"{what}: refused by the SDK before it was sent", "SDK")
    status = int(found.group(1))
    if status == 429:
        return VenueBusy(f"{what}: too many requests")
    if status >= 500 or status == 408:
        return VenueUnavailable(f"{what}: status {status}")
    message, code = _MESSAGE.search(text), _CODE.search(text)
    said = message.group(1) if message else f"status {status}"
    return VenueRejected(f"{what}: {said}", code.group(1) if code else str(status))
