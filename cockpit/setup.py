"""Behind the first run and the settings: the keyring, the venue that is asked about a key, and the configuration."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from cockpit.commands.keys_text import clean_facts, facts_text, without_secrets
from cockpit.config import Config, ConfigError, load_config
from cockpit.config_edit import lines_of, put_in_place, read_text, with_account, with_value
from cockpit.live.needs import VENUES, missing
from cockpit.locations import Locations
from cockpit.render import number, when
from cockpit.secrets.choose import Backend, Wishes, crypt_path, find, open_vault
from cockpit.secrets.entry import KeyEntry, KeyRow
from cockpit.secrets.errors import KeysError
from cockpit.secrets.facts import Probe, ProbeFailed
from cockpit.secrets.fields import VENUE_KEYS, check_one, checked
from cockpit.secrets.passphrase import check_new, from_credentials
from cockpit.secrets.store import KeyStore, check_name
from cockpit.setup_port import AskedField, KeyLine, Keyring, Setting, SetupError, Sheet, Trial, VenueChoice
from venues.model import Clock, Mode
from venues.model.secret import Secret

UI_CHOICES = {"language": ("auto", "en", "zh"), "glyphs": ("auto", "unicode", "ascii")}
SHOWN = ("ui", "desk", "alarms", "risk", "deleverage", "watchdog", "paper", "live")
"""Sections of the configuration, as the settings list them."""

StartDesk = Callable[[Path | None, Secret | None], object]
"""Blocks until a desk answers; takes another configuration's path, and the passphrase of the file of keys. Raises
`SetupError`."""


class DeskSetup:
    """See `cockpit.setup_port.Setup`. `probe` asks a venue about a key; it must not run on an event loop."""

    def __init__(
        self,
        places: Locations,
        clock: Clock,
        *,
        probe: Probe,
        start: StartDesk,
        config: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`config`: another file than the one of `places`."""
        self._places = places
        self._clock = clock
        self._probe = probe
        self._start = start
        self._config = config
        self._environ = environ
        self._passphrase: Secret | None = None
        self.file = config or places.config_file
        self.first = not self.file.exists()
        self.themes: Callable[[], Sequence[str]] = tuple
        """Names of the themes there are; the app puts its own in place, and so below."""
        self.mistakes: Callable[[], Sequence[str]] = tuple
        """What is wrong in the user's own files, in full."""

    # -- a live account

    def venues(self) -> tuple[VenueChoice, ...]:
        return tuple(
            VenueChoice(
                name,
                tuple(AskedField(f.name, f.label, f.expected, f.optional, f.public) for f in VENUE_KEYS[name].fields),
                VENUE_KEYS[name].hint,
                "; ".join(f"{lack.text}: {lack.mend}" if lack.mend else lack.text for lack in missing(name)),
            )
            for name in sorted(VENUES)
            if name in VENUE_KEYS
        )

    async def keyring(self) -> Keyring:
        return await asyncio.to_thread(self._keyring)

    def _keyring(self) -> Keyring:
        try:
            found = find(self._places, self._environ, Backend.AUTO)
            if found.kind == Backend.CRYPTFILE and from_credentials(self._environ) is not None:
                return Keyring(found.words)
        except KeysError as error:
            return Keyring("", trouble=str(error))
        if found.kind in ("", Backend.AUTO, Backend.CRYPTFILE):
            file = crypt_path(self._places)
            return Keyring(f"the encrypted file {file}", "ask" if file.exists() else "new")
        return Keyring(found.words)

    async def check_name(self, account: str) -> str:
        return await asyncio.to_thread(self._check_name, account)

    def _check_name(self, account: str) -> str:
        try:
            check_name(account)
            names = {each.name for each in self._read().accounts}
        except (KeysError, ConfigError) as error:
            return str(error)
        return f"there is an account {account} already; choose another name" if account in names else ""

    def check_field(self, venue: str, name: str, value: Secret) -> str:
        try:
            check_one(venue, name, value)
        except KeysError as error:
            return str(error)
        return ""

    async def try_key(self, venue: str, fields: Mapping[str, Secret]) -> Trial:
        return await asyncio.to_thread(self._try, venue, fields)

    def _try(self, venue: str, fields: Mapping[str, Secret]) -> Trial:
        try:
            good = checked(venue, fields)
            facts = clean_facts(self._probe(venue, good, ""), good)
        except KeysError as error:
            return Trial("refused", (str(error),))
        except ProbeFailed as error:
            said = without_secrets(str(error), fields)
            words = f"{venue} refuses the key" if error.refused else f"{venue} could not be asked"
            return Trial("refused" if error.refused else "unknown", (f"{words}: {said}",))
        return Trial("good", tuple(facts_text(venue, venue, facts).splitlines()))

    async def add_account(
        self, account: str, venue: str, fields: Mapping[str, Secret], passphrase: Secret | None
    ) -> tuple[str, ...]:
        return await asyncio.to_thread(self._add, account, venue, fields, passphrase)

    def _add(
        self, account: str, venue: str, fields: Mapping[str, Secret], passphrase: Secret | None
    ) -> tuple[str, ...]:
        try:
            before = read_text(self.file)
            # What would not be a configuration is refused before a key is kept for it.
            after = with_account(before, account, venue, self.file)
            store = self._store(passphrase)
            entry = KeyEntry(account, venue, checked(venue, fields), "", self._clock.now_ns())
            store.add(entry)
            try:
                put_in_place(self.file, before, after)
            except ConfigError:
                store.remove(account)
                raise
        except (KeysError, ConfigError) as error:
            raise SetupError(str(error)) from None
        self._passphrase = passphrase
        return (f"the key is in {store.where}", f"the account is in {self.file}, read-only")

    def _store(self, passphrase: Secret | None) -> KeyStore:
        if passphrase is not None and not crypt_path(self._places).exists():
            check_new(passphrase)
        return KeyStore(open_vault(self._places, self._environ, Wishes(passphrase=passphrase, make=True)), self._places)

    async def start_desk(self) -> None:
        await asyncio.to_thread(self._start, self._config, self._passphrase)

    # -- settings

    def _read(self) -> Config:
        return load_config(self.file, self._places.profiles_file)

    async def sheet(self) -> Sheet:
        return await asyncio.to_thread(self._sheet)

    def _sheet(self) -> Sheet:
        mistakes = list(self.mistakes())
        try:
            config, text = self._read(), read_text(self.file) or ""
        except ConfigError as error:
            config, text = Config(), ""
            mistakes.append(str(error))
        lines = lines_of(text)
        rows, where = self._key_rows()
        return Sheet(
            settings=tuple(self._settings(config, lines)),
            accounts=tuple(self._accounts(config, lines, rows)),
            places=self._where_things_are(),
            versions=(
                ("cockpit", version("cockpit")),
                ("Python", platform.python_version()),
                ("textual", version("textual")),
                ("ccxt", version("ccxt")),
                ("system", f"{platform.system()} {platform.machine()}, {sys.implementation.name}"),
            ),
            keyring=where,
            mistakes=tuple(mistakes),
        )

    def _settings(self, config: Config, lines: Mapping[tuple[str, str], int]) -> list[Setting]:
        found = []
        for section in SHOWN:
            part = getattr(config, section)
            for name in part.__struct_fields__:
                at = lines.get((section, name))
                choices = (
                    UI_CHOICES.get(name, tuple(self.themes()) if name == "theme" else ()) if section == "ui" else ()
                )
                found.append(
                    Setting(
                        section,
                        name,
                        _shown(getattr(part, name)),
                        f"{self.file.name}:{at}" if at else "default",
                        choices=choices,
                    )
                )
        return found

    def _accounts(
        self, config: Config, lines: Mapping[tuple[str, str], int], rows: Mapping[str, KeyRow]
    ) -> list[KeyLine]:
        found = []
        for at, account in enumerate(config.accounts, start=1):
            row = rows.get(account.keys_name) if account.mode is Mode.LIVE else None
            line = lines.get((f"account.{at}", ""))
            found.append(
                KeyLine(
                    account.name,
                    account.venue,
                    account.mode.value,
                    account.keys_name if account.mode is Mode.LIVE else "",
                    "" if row is None else when(row.tested_ns)[:16],
                    None if row is None else row.can_withdraw,
                    f"{self.file.name}:{line}" if line else "default",
                )
            )
        return found

    def _key_rows(self) -> tuple[dict[str, KeyRow], str]:
        """Keys without their values, where that can be read without asking anybody."""
        try:
            wishes = Wishes(passphrase=self._passphrase)
            store = KeyStore(open_vault(self._places, self._environ, wishes), self._places)
            return {row.account: row for row in store.rows()}, store.where
        except KeysError as error:
            return {}, str(error)

    def _where_things_are(self) -> tuple[tuple[str, str], ...]:
        places = self._places
        return (
            ("configuration", str(self.file)),
            ("venue profiles", str(places.profiles_file)),
            ("keymap", str(places.config / "keymap.toml")),
            ("themes", str(places.config / "themes")),
            ("journal", str(places.journal)),
            ("log of the desk", str(places.desk_log)),
            ("socket", str(places.desk_socket)),
            ("pictures", str(places.pictures)),
        )

    async def change(self, section: str, name: str, value: str) -> str:
        return await asyncio.to_thread(self._change, section, name, value)

    def _change(self, section: str, name: str, value: str) -> str:
        try:
            before = read_text(self.file)
            after = with_value(before or "", section, name, value, self.file)
            put_in_place(self.file, before, after)
        except ConfigError as error:
            raise SetupError(str(error)) from None
        return f"{self.file.name}:{lines_of(after)[(section, name)]}"


def _shown(value: object) -> str:
    if value is None or value == "" or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return number(value) if isinstance(value, int | float | Decimal) else str(value)
