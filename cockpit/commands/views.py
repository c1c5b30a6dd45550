"""The desk's tables as plain values: what `--json` prints. Pure functions of a replica."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from cockpit.link.rows import OrderRow, PositionRow, by_urgency
from cockpit.link.store import Store

Json: TypeAlias = dict[str, object]


def _plain(row: msgspec.Struct) -> Json:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def position_json(row: PositionRow) -> Json:
    plain = _plain(row)
    del plain["account"]
    return {"instrument": plain.pop("symbol"), **plain}


def accounts_json(store: Store) -> list[Json]:
    """Accounts with their positions, as the venues report them."""
    return [
        {
            **_plain(account),
            "positions": [position_json(row) for row in store.positions.values() if row.account == account.name],
        }
        for account in store.accounts.values()
    ]


def loops_json(store: Store) -> list[Json]:
    return [_plain(row) for row in store.loops.values()]


def orders_json(store: Store) -> list[Json]:
    """Orders that are not terminal and the newest that are, oldest first."""
    return [order_json(row) for row in sorted(store.orders.values(), key=lambda row: (row.ts, row.client_order_id))]


def order_json(row: OrderRow) -> Json:
    plain = _plain(row)
    return {"client_order_id": plain.pop("client_order_id"), "instrument": plain.pop("symbol"), **plain}


def wear_json(store: Store) -> list[Json]:
    return [_plain(row) for row in store.wear.values()]


def alarms_json(store: Store) -> list[Json]:
    """Alarms that stand, the worst first, those acknowledged last."""
    return [_plain(row) for row in by_urgency(store.alarms.values())]


def status_json(store: Store) -> Json:
    """Everything an operator needs to know in one object."""
    return {
        "ts": store.ts,
        "desk": _plain(store.desk) if store.desk is not None else None,
        "accounts": accounts_json(store),
        "loops": loops_json(store),
        "wear": wear_json(store),
        "flattens": [_plain(row) for row in store.flattens.values()],
        "alarms": alarms_json(store),
    }
