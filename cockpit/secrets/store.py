"""The keys of this user: entries and their index, kept in step."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from cockpit.locations import LocationError, Locations, private_folder
from cockpit.secrets.entry import KeyEntry, KeyRow, entry_text, index_text, read_entry, read_index
from cockpit.secrets.errors import KeysError, NoSuchKey
from cockpit.secrets.facts import KeyFacts, fingerprint
from cockpit.secrets.vault import Vault
from venues.model.secret import Secret

INDEX = "(index)"
"""The user name of the index; no account can be named so."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,24}")


class KeyStore:
    """Every call may raise `KeysError`. The index is written before an entry appears and after one went, so that no
    secret lies in the keyring that `list` does not name."""

    def __init__(self, vault: Vault, places: Locations) -> None:
        self._vault = vault
        self._lock_file = places.state / "keys.lock"

    @property
    def where(self) -> str:
        return self._vault.where

    def rows(self) -> list[KeyRow]:
        """All keys by name, without secrets."""
        return sorted(self._index().values(), key=lambda row: row.account)

    def row(self, account: str) -> KeyRow:
        """Raises `NoSuchKey`."""
        rows = self._index()
        if account not in rows:
            raise self._missing(account, rows)
        return rows[account]

    def load(self, account: str) -> KeyEntry:
        """Raises `NoSuchKey`."""
        check_name(account)
        text = self._vault.get(account)
        if text is None:
            rows = self._index()
            if account in rows:
                raise KeysError(
                    f"{self.where} lists the key {account} and does not hold it",
                    f"`cockpit keys remove {account}`, then add it anew",
                )
            raise self._missing(account, rows)
        return read_entry(account, text)

    def add(self, entry: KeyEntry, facts: KeyFacts | None = None) -> KeyRow:
        """A new key. One of this name must not be there yet."""
        check_name(entry.account)
        with self._alone():
            rows = self._index()
            self._check_free(entry.account, rows)
            row = KeyRow(entry.account, entry.venue, tuple(entry.fields), entry.endpoint, entry.created_ns)
            row = _tested(row, facts, entry.created_ns)
            self._put_index({**rows, entry.account: row})
            self._vault.put(entry.account, entry_text(entry))
            return row

    def check_free(self, account: str) -> None:
        """Whether a key could be added under this name; says why not by a `KeysError`."""
        check_name(account)
        self._check_free(account, self._index())

    def replace(self, account: str, fields: Mapping[str, Secret], facts: KeyFacts, now_ns: int) -> KeyRow:
        """Other secrets under the same name. The new key has been verified: `facts` are what the venue said of it.

        Raises `KeysError` where the venue says that it belongs to another account than the key so far."""
        with self._alone():
            rows = self._index()
            if account not in rows:
                raise self._missing(account, rows)
            old = rows[account]
            found = fingerprint(facts.account_id)
            if old.account_print and found and old.account_print != found:
                raise KeysError(
                    f"the new key belongs to another account of {old.venue} than {account}; nothing was changed",
                    "add it under a name of its own: the books of an account must not change hands",
                )
            entry = KeyEntry(account, old.venue, fields, old.endpoint, old.created_ns)
            self._vault.put(account, entry_text(entry))
            row = msgspec.structs.replace(old, fields=tuple(fields), rotated_ns=now_ns)
            row = _tested(row, facts, now_ns)
            self._put_index({**rows, account: row})
            return row

    def note_test(self, account: str, facts: KeyFacts, now_ns: int) -> KeyRow:
        """Remember what the venue said of a key."""
        with self._alone():
            rows = self._index()
            if account not in rows:
                raise self._missing(account, rows)
            row = _tested(rows[account], facts, now_ns)
            self._put_index({**rows, account: row})
            return row

    def remove(self, account: str) -> None:
        """Delete a key, a damaged one too."""
        check_name(account)
        with self._alone():
            rows = self._index()
            if account not in rows and self._vault.get(account) is None:
                raise self._missing(account, rows)
            self._vault.drop(account)
            self._put_index({name: row for name, row in rows.items() if name != account})

    def mend(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Make the index anew from the entries of these names and those that it names itself, if it can be read.
        Gives the names that are listed now, and those under which nothing lies or what lies there is damaged."""
        with self._alone():
            try:
                rows = self._index()
            except KeysError:
                rows = {}
            kept: dict[str, KeyRow] = {}
            lost: list[str] = []
            for name in dict.fromkeys([*rows, *names]):
                check_name(name)
                try:
                    text = self._vault.get(name)
                    entry = None if text is None else read_entry(name, text)
                except KeysError:
                    entry = None
                if entry is None:
                    lost.append(name)
                    continue
                fresh = KeyRow(name, entry.venue, tuple(entry.fields), entry.endpoint, entry.created_ns)
                kept[name] = rows.get(name, fresh)
            self._put_index(kept)
            return sorted(kept), lost

    # -- the index

    def _index(self) -> dict[str, KeyRow]:
        text = self._vault.get(INDEX)
        return {} if text is None else read_index(text)

    def _put_index(self, rows: Mapping[str, KeyRow]) -> None:
        self._vault.put(INDEX, index_text(rows))

    def _check_free(self, account: str, rows: Mapping[str, KeyRow]) -> None:
        for name in rows:
            if name == account:
                raise KeysError(
                    f"there is a key {account} already (of {rows[name].venue})",
                    f"`cockpit keys rotate {account}` changes it, `cockpit keys remove {account}` deletes it",
                )
            if name.lower() == account.lower():
                # Encrypted files and Windows do not tell the two apart.
                raise KeysError(f"the name {account} differs from {name} by case alone", "choose another name")
        try:
            orphan = self._vault.get(account) is not None
        except KeysError:
            orphan = True
        if orphan:
            raise KeysError(
                f"{self.where} holds an entry {account} that is not on the list of keys",
                f"`cockpit keys mend {account}` lists it, `cockpit keys remove {account}` deletes it",
            )

    def _missing(self, account: str, rows: Mapping[str, KeyRow]) -> NoSuchKey:
        there = ", ".join(sorted(rows)) or "none"
        return NoSuchKey(
            f"there is no key {account} in {self.where} (there: {there})",
            f"`cockpit keys add {account} --venue …`",
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, over all processes of this user."""
        try:
            private_folder(self._lock_file.parent)
            number = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except (LocationError, OSError) as error:
            raise KeysError(
                f"{self._lock_file} cannot be made ({error})", "make the folder yours: chown, chmod 700"
            ) from None
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)


def check_name(account: str) -> None:
    """Raises `KeysError` for what cannot be the name of an account."""
    if not NAME.fullmatch(account):
        raise KeysError("the name of an account cannot be that", "expected 1 to 24 of the letters A-Z a-z 0-9 _ -")


def _tested(row: KeyRow, facts: KeyFacts | None, now_ns: int) -> KeyRow:
    if facts is None:
        return row
    account_print = fingerprint(facts.account_id) or row.account_print
    return msgspec.structs.replace(row, tested_ns=now_ns, can_withdraw=facts.may_withdraw, account_print=account_print)
