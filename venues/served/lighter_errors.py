"""Lighter's refusals: code, words and HTTP status.

Codes are those of apidocs.lighter.xyz (troubleshooting; Data Structures, Constants and Errors) as far as a client's own
table repeats them; where several would fit, the choice is ours."""

from __future__ import annotations

from typing import Final


class LighterError(Exception):
    """A request that the venue answers with an error. A transaction that ends so has not used up its nonce."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message}


INVALID_PARAM: Final = 20001
INVALID_AUTH: Final = 20013
ACCOUNT_NOT_FOUND: Final = 21100
INVALID_NONCE: Final = 21104
BATCH_NONCE: Final = 21105
API_KEY_NOT_FOUND: Final = 21109
INVALID_SIGNATURE: Final = 21120
TX_NOT_FOUND: Final = 21500
INVALID_TX_INFO: Final = 21501
UNSUPPORTED_TX: Final = 21505
INVALID_MARKET: Final = 21602
INVALID_MARGIN_FRACTION: Final = 21604
INVALID_MARGIN_MODE: Final = 21613
INVALID_ORDER_INDEX: Final = 21700
INVALID_BASE_AMOUNT: Final = 21701
INVALID_PRICE: Final = 21702
INVALID_IS_ASK: Final = 21703
INVALID_ORDER_TYPE: Final = 21704
INVALID_TIME_IN_FORCE: Final = 21705
INVALID_AMOUNT: Final = 21706
ORDER_EMPTY: Final = 21708
ORDER_INACTIVE: Final = 21709
UNSUPPORTED_ORDER_TYPE: Final = 21710
INVALID_EXPIRY: Final = 21711
INVALID_CANCEL_ALL_TIF: Final = 21713
INVALID_CANCEL_ALL_TIME: Final = 21714
INVALID_CLIENT_INDEX: Final = 21727
DUPLICATE_CLIENT_INDEX: Final = 21728
ACCIDENTAL_PRICE: Final = 21733
NOT_ENOUGH_MARGIN: Final = 21739
INVALID_REDUCE_ONLY: Final = 21740
TOO_MANY_REQUESTS: Final = 23000
TOO_MANY_MESSAGES: Final = 30009
INTERNAL: Final = 29500
WS_BAD_MESSAGE: Final = 30001
WS_NOT_SUBSCRIBED: Final = 30002
WS_ALREADY_SUBSCRIBED: Final = 30003
WS_BAD_CHANNEL: Final = 30005


def invalid_param(what: str) -> LighterError:
    """`what` names field, value and what would be right."""
    return LighterError(INVALID_PARAM, f"invalid param : {what}")


def invalid_auth(why: str) -> LighterError:
    return LighterError(INVALID_AUTH, f"invalid auth: {why}")


def invalid_nonce() -> LighterError:
    return LighterError(INVALID_NONCE, "invalid nonce")


def too_many_requests() -> LighterError:
    return LighterError(TOO_MANY_REQUESTS, "Too Many Requests!", 429)
