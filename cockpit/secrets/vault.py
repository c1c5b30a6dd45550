"""A place that holds texts by name: the keyring behind one narrow door, its failures put into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import keyring.errors
from keyring.backend import KeyringBackend

from cockpit.secrets.errors import KeysError
from cockpit.secrets.secret_service import UNLOCK, errors
from venues.model.secret import Secret

SERVICE = "cockpit"
"""The keyring's service under which every entry of ours lies."""


_MOST_ITEMS = 8


class Vault(Protocol):
    """Every call may raise `KeysError`."""

    @property
    def where(self) -> str:
        """What holds the keys, for people."""
        ...

    def get(self, name: str) -> Secret | None:
        """None where there is no such entry."""
        ...

    def put(self, name: str, text: Secret) -> None:
        """Write an entry, or write it over."""
        ...

    def drop(self, name: str) -> None:
        """Delete an entry; nothing happens where there is none."""
        ...


class KeyringVault:
    """A backend of the keyring package that is on the allow-list."""

    def __init__(self, backend: KeyringBackend, where: str) -> None:
        self._backend = backend
        self._where = where

    @property
    def where(self) -> str:
        return self._where

    def get(self, name: str) -> Secret | None:
        with self._in_words("read"):
            text = self._backend.get_password(SERVICE, name)
        return None if text is None else Secret(text)

    def put(self, name: str, text: Secret) -> None:
        with self._in_words("write"):
            self._backend.set_password(SERVICE, name, text.reveal())
        # Some stores cut long texts or need a prompt that nobody answers: a key counts as kept once it was read back.
        if self.get(name) != text:
            raise KeysError(f"{self._where} took the entry {name} and gives something else back", "use another backend")

    def drop(self, name: str) -> None:
        # A Secret Service may hold several items of one name, and deletes one at a time.
        for _ in range(_MOST_ITEMS):
            if self.get(name) is None:
                return
            with self._in_words("delete"):
                self._backend.delete_password(SERVICE, name)
        if self.get(name) is not None:
            raise KeysError(f"{self._where} still holds the entry {name} after it was deleted", "delete it by hand")

    @contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        try:
            yield
        except keyring.errors.KeyringLocked:
            raise KeysError(f"{self._where} is locked", UNLOCK) from None
        except keyring.errors.InitError:
            raise KeysError(f"{self._where} could not be opened", UNLOCK) from None
        except keyring.errors.KeyringError as error:
            raise KeysError(
                f"{self._where} would not {what} the entry ({type(error).__name__})", "look at it"
            ) from None
        except errors() as error:
            raise KeysError(
                f"{self._where} went away while it was asked to {what} ({type(error).__name__})",
                "see whether it still runs: `cockpit doctor`",
            ) from None
