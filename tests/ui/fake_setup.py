"""A setup without keyring, venue or file: answers as told, and remembers what it was given."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.setup_port import AskedField, KeyLine, Keyring, Setting, SetupError, Sheet, Trial, VenueChoice
from venues.model.secret import Secret

VENUES = (
    VenueChoice(
        "lighter",
        (
            AskedField("accountIndex", "account index", "digits", public=True),
            AskedField("privateKey", "API private key", "80 hexadecimal digits: the API key's, not the wallet's"),
        ),
        missing="lighter needs its signer: make signers",
    ),
    VenueChoice(
        "okx",
        (
            AskedField("apiKey", "API key"),
            AskedField("secret", "API secret"),
            AskedField("password", "passphrase of the API key"),
        ),
    ),
)
CHOICES = {
    "ui.theme": ("harbor", "daylight"),
    "ui.language": ("auto", "en", "zh"),
    "ui.glyphs": ("auto", "unicode", "ascii"),
}


def sheet(**values: str) -> Sheet:
    """Four paper accounts and a live one; `values` are settings, `__` for the point."""
    settings = {
        "ui.language": ("auto", "default"),
        "ui.glyphs": ("auto", "default"),
        "ui.theme": ("harbor", "config.toml:3"),
        "desk.publish_hz": ("10", "default"),
        "alarms.bell_s": ("30", "config.toml:14"),
        "risk.max_leverage": ("3", "config.toml:9"),
        "risk.max_order_notional_usd": ("50000", "default"),
    }
    settings |= {name.replace("__", "."): (value, "config.toml:3") for name, value in values.items()}
    return Sheet(
        settings=tuple(
            Setting(*key.split("."), value, where, choices=CHOICES.get(key, ()))  # type: ignore[arg-type]
            for key, (value, where) in settings.items()
        ),
        accounts=(
            *(KeyLine(name, name, "paper", "", where="config.toml:20") for name in ("extended", "lighter")),
            KeyLine("okx-main", "okx", "live", "okx-main", "2026-01-01 08:12", withdraws=False, where="config.toml:31"),
            KeyLine("bybit-1", "bybit", "live", "bybit-1", "", withdraws=True, where="config.toml:36"),
        ),
        places=(
            ("configuration", "~/.config/cockpit/config.toml"),
            ("keymap", "~/.config/cockpit/keymap.toml"),
            ("journal", "~/.local/state/cockpit/journal.sqlite"),
        ),
        versions=(("cockpit", "0.1.0"), ("Python", "3.11.7")),
        keyring="the Secret Service of this session",
        mistakes=("keymap.toml line 4: overview.pause = 'ctrl+shift': expected a key; its own key holds",),
    )


class FakeSetup:
    def __init__(self, *, first: bool = True) -> None:
        self.first = first
        self.ring = Keyring("the Secret Service of this session")
        self.trial = Trial("good", ("okx: okx takes the key; read yes, trade yes, withdraw no",))
        self.trouble = ""
        """Why a desk cannot be started, or an account not be added; empty: it can."""
        self.tried: list[tuple[str, dict[str, str]]] = []
        self.added: list[tuple[str, str, dict[str, str], str]] = []
        self.started = 0
        self.changed: list[tuple[str, str, str]] = []
        self.read = sheet()

    def venues(self) -> tuple[VenueChoice, ...]:
        return VENUES

    async def keyring(self) -> Keyring:
        return self.ring

    async def check_name(self, account: str) -> str:
        return "there is an account extended already; choose another name" if account == "extended" else ""

    def check_field(self, venue: str, name: str, value: Secret) -> str:
        return "" if value else f"{name} of a key of {venue} is missing"

    async def try_key(self, venue: str, fields: Mapping[str, Secret]) -> Trial:
        self.tried.append((venue, {name: value.reveal() for name, value in fields.items()}))
        return self.trial

    async def add_account(
        self, account: str, venue: str, fields: Mapping[str, Secret], passphrase: Secret | None
    ) -> tuple[str, ...]:
        if self.trouble:
            raise SetupError(self.trouble)
        given = {name: value.reveal() for name, value in fields.items()}
        self.added.append((account, venue, given, passphrase.reveal() if passphrase else ""))
        return ("the key is in the Secret Service of this session", "the account is in config.toml, read-only")

    async def start_desk(self) -> None:
        if self.trouble:
            raise SetupError(self.trouble)
        self.started += 1

    async def sheet(self) -> Sheet:
        return self.read

    async def change(self, section: str, name: str, value: str) -> str:
        if self.trouble:
            raise SetupError(self.trouble)
        self.changed.append((section, name, value))
        self.read = sheet(**{f"{section}__{name}": value})
        return "config.toml:3"
