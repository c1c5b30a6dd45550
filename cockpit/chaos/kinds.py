"""What can go wrong in a simulated run, each kind by its own name and count."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """One way in which venues, network, disk, clocks or people misbehave."""

    # messages
    ACK_LOST = "ack_lost"
    UPDATE_LOST = "update_lost"
    FILL_LOST = "fill_lost"
    REQUEST_LOST = "request_lost"
    CANCEL_LOST = "cancel_lost"
    ANSWER_LATE = "answer_late"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    STALE_PARTIAL = "stale_partial"
    # orders
    CANCEL_RACED = "cancel_raced"
    CANCEL_FILLED = "cancel_filled"
    DUST_FILLS = "dust_fills"
    NOT_FOUND = "not_found"
    NOT_FOUND_LONG = "not_found_30min"
    REJECT_POST_ONLY = "reject_post_only"
    REJECT_BALANCE = "reject_balance"
    REJECT_RATE_LIMIT = "reject_rate_limit"
    REJECT_NONCE = "reject_nonce"
    REJECT_PRICE_BAND = "reject_price_band"
    # requests and sockets of the real adapter
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    RATE_LIMITED = "rate_limited"
    NONCE_REFUSED = "nonce_refused"
    WS_CLOSED = "ws_closed"
    TOKEN_EXPIRED = "token_expired"
    # connections
    WS_SILENT = "ws_silent"
    REST_SILENT = "rest_silent"
    DOWN = "down"
    DOWN_HOURS = "down_hours"
    BACK_CHANGED = "back_changed"
    # books
    BOOK_GAP = "book_gap"
    BOOK_CROSSED = "book_crossed"
    BOOK_EMPTY = "book_empty"
    BOOK_FROZEN = "book_frozen"
    # what the venue says of positions and money
    POSITION_LAGS = "position_lags"
    POSITION_WRONG = "position_wrong"
    ROLLBACK = "rollback"
    FUNDING_LATE = "funding_late"
    # from outside
    LIQUIDATION = "liquidation"
    ADL = "adl"
    MANUAL_TRADE = "manual_trade"
    # ourselves
    CLOCK_SKEW = "clock_skew"
    CLOCK_BACK = "clock_back"
    DISK_FULL = "disk_full"
    DISK_SLOW = "disk_slow"
    KILL = "kill"
    # the operator, at the worst moment
    OPERATOR_SIZE = "operator_size"
    OPERATOR_PAUSE = "operator_pause"
    OPERATOR_STOP = "operator_stop"
    OPERATOR_FLATTEN = "operator_flatten"


RATED = (
    Fault.ACK_LOST,
    Fault.UPDATE_LOST,
    Fault.FILL_LOST,
    Fault.REQUEST_LOST,
    Fault.CANCEL_LOST,
    Fault.ANSWER_LATE,
    Fault.DUPLICATED,
    Fault.REORDERED,
    Fault.STALE_PARTIAL,
    Fault.CANCEL_RACED,
    Fault.CANCEL_FILLED,
    Fault.NOT_FOUND,
    Fault.REJECT_POST_ONLY,
    Fault.REJECT_BALANCE,
    Fault.REJECT_RATE_LIMIT,
    Fault.REJECT_NONCE,
    Fault.REJECT_PRICE_BAND,
)
"""Kinds that strike single messages, each with a probability."""

TIMED = (
    Fault.DUST_FILLS,
    Fault.WS_SILENT,
    Fault.REST_SILENT,
    Fault.DOWN,
    Fault.BACK_CHANGED,
    Fault.BOOK_GAP,
    Fault.BOOK_CROSSED,
    Fault.BOOK_EMPTY,
    Fault.BOOK_FROZEN,
    Fault.POSITION_LAGS,
    Fault.POSITION_WRONG,
    Fault.ROLLBACK,
    Fault.FUNDING_LATE,
    Fault.LIQUIDATION,
    Fault.ADL,
    Fault.MANUAL_TRADE,
    Fault.CLOCK_SKEW,
    Fault.CLOCK_BACK,
    Fault.DISK_FULL,
    Fault.DISK_SLOW,
    Fault.KILL,
    Fault.OPERATOR_SIZE,
    Fault.OPERATOR_PAUSE,
    Fault.OPERATOR_STOP,
    Fault.OPERATOR_FLATTEN,
)
"""Kinds that begin at a moment, and mostly last a while."""

LONG = (Fault.DOWN_HOURS, Fault.NOT_FOUND_LONG)
"""Kinds that last from 30 minutes to hours: only in long, sparse runs."""

WIRE = (
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.RATE_LIMITED,
    Fault.NONCE_REFUSED,
    Fault.WS_CLOSED,
    Fault.TOKEN_EXPIRED,
)
"""Kinds that only a run through the real adapter knows."""

UNRECOVERABLE = frozenset(
    {Fault.LIQUIDATION, Fault.ADL, Fault.MANUAL_TRADE, Fault.OPERATOR_STOP, Fault.OPERATOR_FLATTEN}
)
"""After these a loop is right not to go on by itself: somebody else has changed what it holds, or said so."""

ADAPTER_RATED = (
    Fault.ACK_LOST,
    Fault.UPDATE_LOST,
    Fault.REQUEST_LOST,
    Fault.CANCEL_LOST,
    Fault.ANSWER_LATE,
    Fault.DUPLICATED,
    Fault.REORDERED,
    Fault.STALE_PARTIAL,
    Fault.CANCEL_RACED,
    Fault.CANCEL_FILLED,
    Fault.NOT_FOUND,
    Fault.REJECT_POST_ONLY,
    Fault.REJECT_BALANCE,
    Fault.REJECT_RATE_LIMIT,
    Fault.REJECT_PRICE_BAND,
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.RATE_LIMITED,
    Fault.NONCE_REFUSED,
)
ADAPTER_TIMED = (
    Fault.DUST_FILLS,
    Fault.WS_SILENT,
    Fault.WS_CLOSED,
    Fault.TOKEN_EXPIRED,
    Fault.REST_SILENT,
    Fault.DOWN,
    Fault.BACK_CHANGED,
    Fault.BOOK_GAP,
    Fault.POSITION_LAGS,
    Fault.POSITION_WRONG,
    Fault.ROLLBACK,
    Fault.FUNDING_LATE,
    Fault.LIQUIDATION,
    Fault.ADL,
    Fault.MANUAL_TRADE,
    Fault.CLOCK_SKEW,
    Fault.CLOCK_BACK,
    Fault.DISK_FULL,
    Fault.DISK_SLOW,
    Fault.KILL,
    Fault.OPERATOR_SIZE,
    Fault.OPERATOR_PAUSE,
    Fault.OPERATOR_STOP,
    Fault.OPERATOR_FLATTEN,
)
ADAPTER_KINDS = (*ADAPTER_RATED, *ADAPTER_TIMED)
"""What runs through the real adapter draw from."""
