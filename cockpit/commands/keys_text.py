"""What the verb `keys` prints: never a value of a key, only its names and what a venue said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cockpit.render import NONE, table, when
from cockpit.secrets.entry import KeyRow
from cockpit.secrets.facts import KeyFacts
from venues.model.secret import Secret

WITHDRAWS = "can withdraw money. Make one that cannot; whoever reads this key could take everything"
_MIN_HIDDEN = 4
"""A text shorter than this is no secret worth hiding, and hiding it would tear up every figure."""


def row_json(row: KeyRow) -> dict[str, object]:
    return {
        "account": row.account,
        "venue": row.venue,
        "fields": list(row.fields),
        "endpoint": row.endpoint,
        "created": _stamp(row.created_ns),
        "rotated": _stamp(row.rotated_ns),
        "tested": _stamp(row.tested_ns),
        "can_withdraw": row.can_withdraw,
    }


def rows_text(rows: Sequence[KeyRow]) -> str:
    headers = ("account", "venue", "fields", "created", "rotated", "last test", "withdraw", "endpoint")
    lines = [
        (
            row.account,
            row.venue,
            ", ".join(row.fields),
            _minute(row.created_ns),
            _minute(row.rotated_ns),
            _minute(row.tested_ns),
            {None: NONE, True: "YES", False: "no"}[row.can_withdraw],
            row.endpoint or NONE,
        )
        for row in rows
    ]
    return table(headers, lines)


def facts_json(facts: KeyFacts) -> dict[str, object]:
    return {
        "read": facts.may_read,
        "trade": facts.may_trade,
        "withdraw": facts.may_withdraw,
        "transfer": facts.may_transfer,
        "ip_bound": facts.ip_bound,
        "expires": _stamp(facts.expires_ns or 0),
        "notes": list(facts.notes),
    }


def facts_text(account: str, venue: str, facts: KeyFacts) -> str:
    """One line of what the key may do, then warnings and notes."""
    may = {
        "read": facts.may_read,
        "trade": facts.may_trade,
        "withdraw": facts.may_withdraw,
        "transfer": facts.may_transfer,
    }
    said = ", ".join(f"{what} {'yes' if value else 'no'}" for what, value in may.items() if value is not None)
    silent = [what for what, value in may.items() if value is None]
    unsaid = f"; the venue does not say: {', '.join(silent)}" if silent else ""
    lines = [f"{account}: {venue} takes the key; {said or 'nothing is known of what it may do'}{unsaid}"]
    if facts.may_withdraw:
        lines.append(f"  WARNING: this key {WITHDRAWS}")
    if facts.may_trade is False:
        lines.append("  It cannot trade: the account can be watched, and no more.")
    if facts.ip_bound is False:
        lines.append("  It works from any address: bind it to this machine's where the venue offers that.")
    if facts.expires_ns:
        lines.append(f"  It expires {_minute(facts.expires_ns)} UTC.")
    lines.extend(f"  {note}" for note in facts.notes)
    return "\n".join(lines)


def without_secrets(text: str, credentials: Mapping[str, Secret]) -> str:
    """`text` from elsewhere, every value of the key in it taken out: the last net under whoever wrote it."""
    for value in credentials.values():
        plain = value.reveal()
        if len(plain) >= _MIN_HIDDEN:
            text = text.replace(plain, str(value))
    return text


def clean_facts(facts: KeyFacts, credentials: Mapping[str, Secret]) -> KeyFacts:
    """The facts with no value of the key in their notes."""
    notes = tuple(without_secrets(note, credentials) for note in facts.notes)
    return KeyFacts(
        facts.account_id,
        facts.may_read,
        facts.may_trade,
        facts.may_withdraw,
        facts.may_transfer,
        facts.ip_bound,
        facts.expires_ns,
        notes,
    )


def _minute(ts: int) -> str:
    return when(ts)[:16]


def _stamp(ts: int) -> str | None:
    return when(ts).replace(" ", "T") + "Z" if ts else None
