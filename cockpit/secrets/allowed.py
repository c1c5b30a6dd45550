"""Which keyring backends may hold keys, and why the others may not."""

from __future__ import annotations

import sys

SECRET_SERVICE = "keyring.backends.SecretService.Keyring"
CRYPTFILE = "keyrings.cryptfile.cryptfile.CryptFileKeyring"
CHAINER = "keyring.backends.chainer.ChainerBackend"
MACOS = "keyring.backends.macOS.Keyring"
WINDOWS = "keyring.backends.Windows.WinVaultKeyring"

ALLOWED = {
    SECRET_SERVICE: "Secret Service",
    CRYPTFILE: "cryptfile",
    "keyring.backends.libsecret.Keyring": "Secret Service (libsecret)",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet 4",
    MACOS: "macOS keychain",
    WINDOWS: "Windows credential vault",
}
"""Full names of types that encrypt what they hold, and what we call them."""

MEND = "choose another one: `cockpit keys list --backend cryptfile`, or PYTHON_KEYRING_BACKEND=" + CRYPTFILE

_REASONS = {
    "keyring.backends.fail.Keyring": "it refuses everything",
    "keyring.backends.null.Keyring": "it forgets what it is given",
    "keyrings.alt.file.PlaintextKeyring": "it writes keys to a file in plain text",
    "keyrings.alt.file.EncryptedKeyring": "its file is not protected against changes",
    "keyrings.cryptfile.file.PlaintextKeyring": "it writes keys to a file in plain text",
    "keyrings.cryptfile.file.EncryptedKeyring": "its file is not protected against changes",
}
_FAMILIES = {
    "keyrings.alt.": "the backends of keyrings.alt keep keys in plain text or with weak encryption",
}


def why_refused(name: str) -> str:
    """Why the type of this full name may not hold keys; empty where it may. Nothing is imported for the answer."""
    if name in ALLOWED:
        return ""
    if name in _REASONS:
        return _REASONS[name]
    for family, reason in _FAMILIES.items():
        if name.startswith(family):
            return reason
    return "it is not among those that were checked: " + ", ".join(ALLOWED)


def type_name(backend: object) -> str:
    """Full name of the type of a backend; one that only borrows its name is told apart."""
    kind = type(backend)
    name = f"{kind.__module__}.{kind.__qualname__}"
    home = sys.modules.get(kind.__module__)
    return name if getattr(home, kind.__qualname__, None) is kind else f"{name} (not the real one)"
