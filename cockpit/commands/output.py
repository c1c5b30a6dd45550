"""What verbs print: JSON for programs, text for people. Money keeps every digit in both."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def read_json(raw: bytes) -> Any:
    """JSON of the desk, numbers with a point as `Decimal`. What is in it depends on the query, hence `Any`."""
    return json.loads(raw, parse_float=Decimal)


def json_text(value: object) -> str:
    """Indented JSON; a `Decimal` is a number with all its digits."""
    return msgspec.json.format(_encoder.encode(value), indent=2).decode()


def put(text: str) -> None:
    """A line or a page to stdout."""
    sys.stdout.write(text + "\n")


def put_json(value: object) -> None:
    put(json_text(value))


def _written(value: object) -> object:
    """All digits and never an exponent, which spreadsheets misread."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def csv_text(rows: Sequence[dict[str, object]], columns: Sequence[str]) -> str:
    """CSV with a header; columns that the rows have beyond `columns` come after them."""
    import csv
    import io

    extra = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in columns]
    out = io.StringIO()
    writer = csv.DictWriter(out, [*columns, *extra], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _written(value) for key, value in row.items()} for row in rows)
    return out.getvalue()
