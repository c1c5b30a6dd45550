"""Keys of venues, kept in the operating system's keyring and nowhere else. `load` is what a desk asks."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from cockpit.locations import Locations, find
from cockpit.secrets.errors import KeysError, NoSuchKey
from venues.model.secret import Secret

__all__ = ["KeysError", "NoSuchKey", "hold_passphrase", "load"]

_one_at_a_time = threading.Lock()
"""Deciphering takes 64 MB for as long as it lasts, so accounts that connect together take turns."""

_held: list[Secret] = []


def hold_passphrase(passphrase: Secret) -> None:
    """What `load` opens the cryptfile with in this process from now on: a desk is given it once, when it starts."""
    _held[:] = [passphrase]


def load(
    account: str,
    *,
    venue: str = "",
    places: Locations | None = None,
    environ: Mapping[str, str] = os.environ,
    passphrase: Secret | None = None,
) -> Mapping[str, Secret]:
    """The credentials of an account, by ccxt's names of them. `venue`: refuse a key of another one.

    `passphrase` opens the cryptfile; without it the one that is held, or a systemd credential. Nobody is asked
    anything. Reading a cryptfile takes about a second of hashing, a Secret Service some milliseconds: call it in a
    thread or before the loop runs. Raises `KeysError`."""
    from cockpit.secrets.choose import Wishes, open_vault
    from cockpit.secrets.store import KeyStore

    places = places or find(environ)
    wishes = Wishes(passphrase=passphrase or next(iter(_held), None))
    with _one_at_a_time:
        entry = KeyStore(open_vault(places, environ, wishes), places).load(account)
    if venue and entry.venue != venue:
        raise KeysError(
            f"the key {account} is one of {entry.venue}, and the account is on {venue}",
            f"give the account `keys = ` with the name of a key of {venue}; `cockpit keys list` has them",
        )
    return entry.fields
