"""What the keyring holds: one entry for each key, and an index that names them without their secrets."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cockpit.secrets.errors import KeysError
from venues.model.secret import Secret

FORMAT = 1


class KeyEntry(msgspec.Struct, frozen=True):
    """A key with its secrets. It cannot be encoded by accident: msgspec, json and pickle refuse `Secret`."""

    account: str
    venue: str
    fields: Mapping[str, Secret]
    endpoint: str = ""
    created_ns: int = 0


class KeyRow(msgspec.Struct, frozen=True):
    """A key as the index knows it, without secrets."""

    account: str
    venue: str
    fields: tuple[str, ...]
    endpoint: str = ""
    created_ns: int = 0
    rotated_ns: int = 0
    """0: never."""
    tested_ns: int = 0
    """When the venue last took the key; 0: never."""
    can_withdraw: bool | None = None
    account_print: str = ""
    """Fingerprint of the venue's own name for the account."""


class _StoredEntry(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    account: str
    venue: str
    fields: dict[str, str]
    endpoint: str = ""
    created_ns: int = 0


class _StoredIndex(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    keys: list[KeyRow]


def entry_text(entry: KeyEntry) -> Secret:
    """The entry as the keyring holds it."""
    plain = {name: value.reveal() for name, value in entry.fields.items()}
    stored = _StoredEntry(FORMAT, entry.account, entry.venue, plain, entry.endpoint, entry.created_ns)
    return Secret(msgspec.json.encode(stored).decode())


def read_entry(account: str, text: Secret) -> KeyEntry:
    """Raises `KeysError` that names the entry and not what stands in it."""
    mend = f"store it anew: `cockpit keys remove {account}`, then `cockpit keys add {account} --venue …`"
    try:
        stored = msgspec.json.decode(text.reveal(), type=_StoredEntry)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise KeysError(
            f"the keyring's entry {account} (service cockpit) cannot be read: it is damaged", mend
        ) from None
    _same_format(stored.format, f"the keyring's entry {account}")
    if stored.account != account:
        raise KeysError(f"the keyring's entry {account} holds the key of another account", mend)
    fields = {name: Secret(value) for name, value in stored.fields.items()}
    return KeyEntry(account, stored.venue, fields, stored.endpoint, stored.created_ns)


def index_text(rows: Mapping[str, KeyRow]) -> Secret:
    """No secret, but everything that goes to the keyring has one type."""
    return Secret(msgspec.json.encode(_StoredIndex(FORMAT, list(rows.values()))).decode())


def read_index(text: Secret) -> dict[str, KeyRow]:
    """Rows by account. Raises `KeysError`."""
    try:
        stored = msgspec.json.decode(text.reveal(), type=_StoredIndex)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise KeysError(
            "the list of keys in the keyring (service cockpit, user (index)) cannot be read: it is damaged",
            "make it anew: `cockpit keys mend ACCOUNT …` with the names of your keys",
        ) from None
    _same_format(stored.format, "the list of keys in the keyring")
    return {row.account: row for row in stored.keys}


def _same_format(found: int, what: str) -> None:
    if found != FORMAT:
        raise KeysError(f"{what} has format {found}, and this cockpit reads {FORMAT}", "use the newer cockpit")
