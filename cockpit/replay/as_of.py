"""The journal as it stood at a time: the same tables, without what was booked later.

Views in the connection's own scratch schema stand before the tables they are named for, so everything that reads a
journal reads this one too. Nothing is written to the file.
"""

from __future__ import annotations

from cockpit.replay.tape import Tape

_BY_SEQ = (
    "param_changes",
    "order_events",
    "fills",
    "obligations",
    "funding",
    "transfers",
    "openings",
    "day_marks",
    "log",
)
"""Tables whose rows are there as soon as they are booked, and never change."""

_STEPS = {"status": "'pending'", "filled_qty": "'0'", "venue_order_id": "''", "reason": "''"}
"""Column of an order that its steps move, to what it was when the order was meant."""

_PLAIN = (
    "client_order_id", "seq", "account", "symbol", "side", "qty", "price", "tif", "post_only", "reduce_only", "loop",
    "leg", "cycle", "role", "ts",
)  # fmt: skip

_OF_IT = "FROM main.order_events e WHERE e.client_order_id = o.client_order_id"
_UNTIL = "(SELECT seq FROM until)"


def _moved(column: str, meant: str) -> str:
    """The column as of its last step by then. An order whose steps are no longer kept ended long before."""
    step = f"(SELECT e.{column} {_OF_IT} AND e.seq <= {_UNTIL} ORDER BY e.seq DESC LIMIT 1)"
    never = f"NOT EXISTS (SELECT 1 {_OF_IT})"
    return f"coalesce({step}, CASE WHEN {never} THEN o.{column} ELSE {meant} END) AS {column}"


_ORDER_COLUMNS = ", ".join(
    ["o.rowid AS rowid", *(f"o.{name} AS {name}" for name in _PLAIN), *(_moved(*each) for each in _STEPS.items())]
)

_SCRATCH = "\n".join(
    [
        "CREATE TEMP TABLE until (seq INTEGER, ts INTEGER);",
        "INSERT INTO until VALUES (0, 0);",
        *(
            f"CREATE TEMP VIEW {table} AS SELECT rowid AS rowid, * FROM main.{table} WHERE seq <= {_UNTIL};"
            for table in _BY_SEQ
        ),
        *(
            f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table} WHERE {stamp} <= (SELECT ts FROM until);"
            for table, columns, stamp in (
                ("commands", "rowid AS rowid, *", "ts"),
                ("alarms", "*", "first_ts"),
                ("equity", "*", "ts"),
                ("loops", "*", "created_ts"),
            )
        ),
        f"CREATE TEMP VIEW orders AS SELECT {_ORDER_COLUMNS} FROM main.orders o WHERE o.seq <= {_UNTIL};",
    ]
)


class AsOf(Tape):
    """A reader that is told up to where to read. `AsOf.open(path)` raises `JournalError`."""

    _ready = False

    def until(self, seq: int, ts: int) -> None:
        """From here on nothing after row `seq`, and nothing after `ts` (ns) of what has no number."""
        if not self._ready:
            self._connection.executescript(_SCRATCH)
            self._ready = True
        self._connection.execute("UPDATE temp.until SET seq = ?, ts = ?", (seq, ts))
