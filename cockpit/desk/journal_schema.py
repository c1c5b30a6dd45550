"""The journal's tables and every statement that writes to them.

Decimals stand as TEXT, exactly as they print; stamps are integer ns. `seq` counts every row of every table in one
row of numbers, in the order in which things were booked, so that a replay books them in that order again.
"""

from __future__ import annotations

APPLICATION_ID = 0x434B4A4C
"""Marks a SQLite file as a journal of ours ("CKJL")."""

_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, ts INTEGER NOT NULL, pid INTEGER NOT NULL, version TEXT NOT NULL);
CREATE TABLE loops (
    id TEXT PRIMARY KEY, strategy TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL,
    iterations_done INTEGER NOT NULL, created_ts INTEGER NOT NULL, ts INTEGER NOT NULL
);
CREATE TABLE slots (epoch INTEGER, slot INTEGER, loop TEXT NOT NULL, PRIMARY KEY (epoch, slot)) WITHOUT ROWID;
CREATE TABLE param_changes (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, loop TEXT NOT NULL, field TEXT NOT NULL, old TEXT NOT NULL,
    new TEXT NOT NULL, origin TEXT NOT NULL, command_id TEXT NOT NULL
);
CREATE TABLE orders (
    client_order_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, qty TEXT NOT NULL, price TEXT NOT NULL, tif TEXT NOT NULL, post_only INTEGER NOT NULL,
    reduce_only INTEGER NOT NULL, loop TEXT NOT NULL, leg TEXT NOT NULL, cycle INTEGER NOT NULL, role TEXT NOT NULL,
    ts INTEGER NOT NULL, status TEXT NOT NULL, filled_qty TEXT NOT NULL, venue_order_id TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX orders_live ON orders (seq)
    WHERE status NOT IN ('filled', 'canceled', 'rejected', 'expired', 'denied');
CREATE TABLE order_events (
    seq INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL, venue_order_id TEXT NOT NULL, status TEXT NOT NULL,
    filled_qty TEXT NOT NULL, reason TEXT NOT NULL, ts INTEGER NOT NULL
);
CREATE INDEX order_events_order ON order_events (client_order_id);
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, trade_id TEXT NOT NULL,
    client_order_id TEXT NOT NULL, venue_order_id TEXT NOT NULL, side TEXT NOT NULL, qty TEXT NOT NULL,
    price TEXT NOT NULL, base_qty TEXT NOT NULL, fee TEXT NOT NULL, fee_asset TEXT NOT NULL,
    fee_rate_usd TEXT NOT NULL, settle_rate_usd TEXT NOT NULL, liquidity TEXT NOT NULL, liquidation INTEGER NOT NULL,
    loop TEXT NOT NULL, cycle INTEGER NOT NULL, role TEXT NOT NULL, volume INTEGER NOT NULL,
    ts_event INTEGER NOT NULL, ts_init INTEGER NOT NULL, UNIQUE (account, symbol, trade_id)
);
CREATE INDEX fills_time ON fills (ts_event);
CREATE INDEX fills_loop ON fills (loop, role);
CREATE TABLE obligations (
    loop TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL,
    trade_id TEXT NOT NULL, base TEXT NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY (loop, number)
);
CREATE TABLE funding (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, payment_id TEXT NOT NULL, symbol TEXT NOT NULL,
    cost TEXT NOT NULL, asset TEXT NOT NULL, rate TEXT NOT NULL, qty TEXT NOT NULL, price TEXT NOT NULL,
    rate_usd TEXT NOT NULL, ts_event INTEGER NOT NULL, ts_init INTEGER NOT NULL, UNIQUE (account, payment_id)
);
CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, transfer_id TEXT NOT NULL, kind TEXT NOT NULL,
    asset TEXT NOT NULL, amount TEXT NOT NULL, rate_usd TEXT NOT NULL, ts_event INTEGER NOT NULL,
    ts_init INTEGER NOT NULL, UNIQUE (account, transfer_id)
);
CREATE TABLE openings (account TEXT PRIMARY KEY, seq INTEGER NOT NULL, ts INTEGER NOT NULL, opening TEXT NOT NULL);
CREATE TABLE day_marks (
    day TEXT NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL, seq INTEGER NOT NULL, mark TEXT NOT NULL,
    PRIMARY KEY (day, account, symbol)
);
CREATE TABLE cursors (account TEXT, kind TEXT, value TEXT NOT NULL, PRIMARY KEY (account, kind)) WITHOUT ROWID;
CREATE TABLE commands (
    id TEXT PRIMARY KEY, ts INTEGER NOT NULL, origin TEXT NOT NULL, verb TEXT NOT NULL, ok INTEGER NOT NULL,
    error TEXT NOT NULL, result TEXT NOT NULL
);
CREATE TABLE flattens (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL, text TEXT NOT NULL,
    ts INTEGER NOT NULL
);
CREATE TABLE alarms (
    id TEXT PRIMARY KEY, level TEXT NOT NULL, text TEXT NOT NULL, ts INTEGER NOT NULL, count INTEGER NOT NULL,
    active INTEGER NOT NULL
);
CREATE TABLE log (
    seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, level TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE refused (id INTEGER PRIMARY KEY, statement TEXT NOT NULL, row TEXT NOT NULL, error TEXT NOT NULL);
"""

_V2 = """
ALTER TABLE alarms RENAME TO alarms_1;
CREATE TABLE alarms (
    id TEXT, first_ts INTEGER, level TEXT NOT NULL, text TEXT NOT NULL, ts INTEGER NOT NULL, count INTEGER NOT NULL,
    active INTEGER NOT NULL, ended_ts INTEGER NOT NULL, armed_ts INTEGER NOT NULL, acked_ts INTEGER NOT NULL,
    acked_by TEXT NOT NULL, escalated_ts INTEGER NOT NULL, action TEXT NOT NULL, PRIMARY KEY (id, first_ts)
) WITHOUT ROWID;
INSERT INTO alarms
    SELECT id, ts, level, text, ts, count, active, CASE WHEN active THEN 0 ELSE ts END, ts, 0, '', 0, ''
    FROM alarms_1;
DROP TABLE alarms_1;
"""

_V3 = """
CREATE TABLE equity (
    day TEXT, account TEXT, usd TEXT NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY (day, account)
) WITHOUT ROWID;
CREATE INDEX fills_account ON fills (account);
CREATE INDEX fills_order ON fills (client_order_id);
CREATE INDEX param_changes_command ON param_changes (command_id);
"""

MIGRATIONS: tuple[str, ...] = (_V1, _V2, _V3)
"""Script n brings a journal from schema n to n + 1. Never edit one that was released: add another."""

SEQ_TABLES = (
    "param_changes",
    "orders",
    "order_events",
    "fills",
    "obligations",
    "funding",
    "transfers",
    "openings",
    "day_marks",
    "log",
)
"""Tables whose rows carry `seq`."""

PAGED_ORDERS = 65_536
"""The newest orders, which one can page through and whose every step is kept."""


def _insert(table: str, columns: int, conflict: str = "") -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * columns)}) {conflict}".rstrip()


_ONCE = "ON CONFLICT DO NOTHING"

STATEMENTS: dict[str, str] = {
    "epoch": _insert("epochs", 4),
    "loop": _insert(
        "loops",
        7,
        "ON CONFLICT (id) DO UPDATE SET params = excluded.params, state = excluded.state, "
        "iterations_done = excluded.iterations_done, ts = excluded.ts",
    ),
    "slot": _insert("slots", 3),
    "param_change": _insert("param_changes", 8),
    "order_intent": _insert("orders", 19),
    "order_event": _insert("order_events", 7),
    "order_state": (
        "UPDATE orders SET venue_order_id = ?, status = ?, filled_qty = ?, reason = ? WHERE client_order_id = ?"
    ),
    "fill": _insert("fills", 22, _ONCE),
    "obligation": _insert("obligations", 8, _ONCE),
    "funding": _insert("funding", 12, _ONCE),
    "transfer": _insert("transfers", 9, _ONCE),
    "opening": _insert("openings", 4, _ONCE),
    "day_mark": _insert("day_marks", 5, _ONCE),
    "cursor": _insert("cursors", 3, "ON CONFLICT (account, kind) DO UPDATE SET value = excluded.value"),
    "command": _insert("commands", 7, _ONCE),
    "flatten": _insert(
        "flattens",
        6,
        "ON CONFLICT (id) DO UPDATE SET state = excluded.state, spec = excluded.spec, "
        "text = excluded.text, ts = excluded.ts",
    ),
    "alarm": _insert(
        "alarms",
        13,
        "ON CONFLICT (id, first_ts) DO UPDATE SET level = excluded.level, text = excluded.text, ts = excluded.ts, "
        "count = excluded.count, active = excluded.active, ended_ts = excluded.ended_ts, "
        "armed_ts = excluded.armed_ts, acked_ts = excluded.acked_ts, acked_by = excluded.acked_by, "
        "escalated_ts = excluded.escalated_ts, action = excluded.action",
    ),
    "equity": _insert("equity", 4, "ON CONFLICT (day, account) DO UPDATE SET usd = excluded.usd, ts = excluded.ts"),
    "log": _insert("log", 5),
    "prune_log": "DELETE FROM log WHERE ts < ?",
    "prune_order_events": (
        "DELETE FROM order_events WHERE ts < ? AND seq < "
        f"(SELECT seq FROM orders WHERE rowid = (SELECT max(rowid) - {PAGED_ORDERS - 1} FROM orders))"
    ),
    "prune_alarms": "DELETE FROM alarms WHERE active = 0 AND ts < ?",
}

DROPPABLE = frozenset({"log"})
"""What may be given up, counted, when the disk has been gone so long that the queue is full. Money never is."""
