"""What the screens of the first run and of the settings may ask: which venues there are, to try and keep a key, what
the configuration says. The face knows this shape alone; keys and files are behind it (`cockpit.setup`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from venues.model.secret import Secret


class AskedField(msgspec.Struct, frozen=True):
    """One part of a key."""

    name: str
    label: str
    """What the venue's own pages call it."""
    expected: str = ""
    optional: bool = False
    public: bool = False
    """No secret: shown while it is typed."""


class VenueChoice(msgspec.Struct, frozen=True):
    """A venue that a live account may be on."""

    name: str
    fields: tuple[AskedField, ...]
    hint: str = ""
    missing: str = ""
    """What this machine lacks for it, and how to mend it; empty where nothing is missing."""


class Keyring(msgspec.Struct, frozen=True):
    """Where keys would be kept."""

    where: str
    passphrase: Literal["no", "ask", "new"] = "no"
    """Whether its passphrase is to be typed: the one it has, or one to begin with."""
    trouble: str = ""
    """Why none can be used, and what would help; empty otherwise."""


class Trial(msgspec.Struct, frozen=True):
    """What a venue said of a key. None of it holds a value of the key."""

    verdict: Literal["good", "refused", "unknown"]
    """`unknown`: it could not be asked."""
    lines: tuple[str, ...]


class Setting(msgspec.Struct, frozen=True):
    """One line of the configuration."""

    section: str
    name: str
    value: str
    where: str
    """`config.toml:12`, or `default`."""
    doc: str = ""
    choices: tuple[str, ...] = ()
    """Of what can be changed here and now."""

    @property
    def key(self) -> str:
        return f"{self.section}.{self.name}"


class KeyLine(msgspec.Struct, frozen=True):
    """An account of the configuration, and its key."""

    account: str
    venue: str
    mode: str
    key: str
    """Its entry in the keyring; empty for an account without one."""
    tested: str = ""
    withdraws: bool | None = None
    where: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """All that the settings show and no desk tells."""

    settings: tuple[Setting, ...]
    accounts: tuple[KeyLine, ...]
    places: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    keyring: str
    mistakes: tuple[str, ...] = ()
    """What is wrong in files of the user, in full."""


class SetupError(Exception):
    """Something that could not be done; the text says what would help, and holds no value of a key."""


class Setup(Protocol):
    """All of it may take a second: reading a keyring hashes, a venue answers when it likes."""

    first: bool
    """Whether there is no configuration yet."""

    def venues(self) -> tuple[VenueChoice, ...]: ...

    async def keyring(self) -> Keyring: ...

    async def check_name(self, account: str) -> str:
        """Why an account cannot be called so; empty where it can."""
        ...

    def check_field(self, venue: str, name: str, value: Secret) -> str:
        """Why a part of a key cannot be right; empty where it can."""
        ...

    async def try_key(self, venue: str, fields: Mapping[str, Secret]) -> Trial:
        """One read-only question with it; nothing is kept."""
        ...

    async def add_account(
        self, account: str, venue: str, fields: Mapping[str, Secret], passphrase: Secret | None
    ) -> tuple[str, ...]:
        """Keep the key, and write the account into the configuration, read-only. Says what it did and what comes next.
        Raises `SetupError`; then the configuration is as it was."""
        ...

    async def start_desk(self) -> None:
        """Begin: the configuration is written where there is none, and a desk runs. Raises `SetupError`."""
        ...

    async def sheet(self) -> Sheet: ...

    async def change(self, section: str, name: str, value: str) -> str:
        """Write one setting into the configuration; says where. Raises `SetupError`."""
        ...
