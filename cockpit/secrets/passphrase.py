"""Where the passphrase of a cryptfile comes from: a file descriptor, a systemd credential, or somebody who types it.

Never from the command line or the environment: both can be read by others while the process lives."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from cockpit.secrets.errors import KeysError
from venues.model.secret import Secret

CREDENTIAL = "cockpit-passphrase"
"""Name of the systemd credential: `LoadCredentialEncrypted=cockpit-passphrase:…`."""

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
MIN_CHARS = 8
_MAX_BYTES = 4096

Ask = Callable[[str], Secret]
"""Shows a prompt and gives what was typed unseen."""


def from_descriptor(number: int) -> Secret:
    """Read an open file descriptor to its end, and close it. Raises `KeysError`."""
    how = "for instance `cockpit keys list --passphrase-fd 3 3< FILE`"
    what = f"--passphrase-fd {number}"
    if number < 0 or number in (1, 2):
        raise KeysError(f"{what}: expected the number of a descriptor that is open for reading", how)
    try:
        if os.isatty(number):
            raise KeysError(
                f"{what}: is a terminal, which would show what is typed", "leave the option out to be asked"
            )
        with os.fdopen(number if number else os.dup(0), "rb") as source:
            raw = source.read(_MAX_BYTES + 1)
        if number == 0:
            # stdin stays open, on nothing: whatever is opened next must not be taken for it
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.close(nothing)
    except OSError as error:
        raise KeysError(f"{what}: cannot be read ({error.strerror})", how) from None
    return _cleaned(raw, what)


def from_credentials(environ: Mapping[str, str]) -> Secret | None:
    """The systemd credential of this service; None where there is none. Raises `KeysError`."""
    file = credential_file(environ)
    if file is None:
        return None
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise KeysError(f"the credential {file} cannot be read ({error.strerror})", "see docs/keys.md") from None
    return _cleaned(raw, f"the credential {file}")


def credential_file(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get(CREDENTIALS_VARIABLE, "")
    file = Path(folder) / CREDENTIAL
    return file if folder and file.exists() else None


def asked(ask: Ask, *, new: bool) -> Secret:
    """What somebody types, twice where it is a new one. Raises `KeysError`."""
    if not new:
        return _not_blank(ask("Passphrase of the key file: "), "the passphrase")
    text = _not_blank(ask(f"New passphrase of the key file ({MIN_CHARS} characters or more): "), "the passphrase")
    if ask("The same again: ") != text:
        raise KeysError("the two passphrases differ; nothing was written", "try again")
    return text


def check_new(text: Secret) -> None:
    """Raises `KeysError` for a passphrase that is too short to begin with."""
    if len(text.reveal()) < MIN_CHARS:
        raise KeysError("the passphrase is too short", f"take {MIN_CHARS} characters or more, best some words")


def _cleaned(raw: bytes, what: str) -> Secret:
    if len(raw) > _MAX_BYTES:
        raise KeysError(f"{what}: more than {_MAX_BYTES} bytes", "expected one line with the passphrase")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise KeysError(f"{what}: is no UTF-8 text", "expected one line with the passphrase") from None
    return _not_blank(Secret(text.removesuffix("\n").removesuffix("\r")), what)


def _not_blank(text: Secret, what: str) -> Secret:
    if not text.reveal().strip():
        raise KeysError(f"{what}: is empty", "expected one line with the passphrase")
    return text
