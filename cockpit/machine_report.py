"""`doctor --report`: this machine and its configuration in one text that may be handed to others.

Of accounts it has names, venues and modes; of keys and of commands that alarms are handed to nothing at all. What it
cannot know to be harmless it leaves out: values that the configuration does not accept, contents of logs, names of
machine and user."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from cockpit.config import Config, ConfigError, load_config
from cockpit.doctor import Finding, Level
from cockpit.locations import HOME_VARIABLE, Locations
from cockpit.render import when

PACKAGES = ("cockpit", "ccxt", "aiohttp", "keyring", "keyrings.cryptfile", "SecretStorage", "picows", "msgspec",
            "textual", "uvloop")  # fmt: skip
SECTIONS = ("desk", "risk", "deleverage", "watchdog", "paper")
"""Sections of the configuration that hold figures and choices only."""
VARIABLES = ("TERM", "COLORTERM", "LANG", "LC_ALL")
"""Shown with their values; of others only whether they are set."""
NOTED = (HOME_VARIABLE, "PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "CREDENTIALS_DIRECTORY", "SSH_CONNECTION")
HIDDEN = "<hidden>"

_TOKEN = re.compile(r"[A-Za-z0-9+=_\-]{25,}")
"""Longer than the name of an account can be (24)."""


def report(places: Locations, environ: Mapping[str, str], findings: Sequence[Finding], now_ns: int) -> str:
    """The whole text, ending in a newline. Asks nobody and opens no keyring."""
    lines = [
        f"cockpit report, {when(now_ns)[:16]} UTC",
        "It holds no keys. Of accounts: names, venues, modes.",
        *_section("versions", _versions()),
        *_section("machine", _machine(environ)),
        *_section("checks", (_check(finding) for finding in findings)),
        *_section("configuration", _configuration(places)),
        *_section("files", _files(places)),
    ]
    return "\n".join(harmless(line, environ) for line in lines) + "\n"


def harmless(line: str, environ: Mapping[str, str]) -> str:
    """A line without the user's folders and without anything that looks like a key: the last net, for the parts above
    put none into it."""
    homes = {environ.get(HOME_VARIABLE, ""): f"${HOME_VARIABLE}", environ.get("HOME", ""): "~"}
    for folder, name in homes.items():
        if len(folder) > 1:
            line = line.replace(folder, name)
    return _TOKEN.sub(lambda found: HIDDEN if _like_a_key(found[0]) else found[0], line)


def _like_a_key(text: str) -> bool:
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield f"[{title}]"
    yield from lines


def _versions() -> Iterator[str]:
    yield f"python {platform.python_version()} ({platform.python_implementation()})"
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def _machine(environ: Mapping[str, str]) -> Iterator[str]:
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        pass
    else:
        yield f"memory {total // 1024**2} MB"
    for name in VARIABLES:
        yield f"{name}={environ.get(name, '')}"
    for name in NOTED:
        yield f"{name} is {'set' if environ.get(name) else 'not set'}"


def _check(finding: Finding) -> str:
    # What the check of the configuration quotes is the user's own text; it is told below without its values.
    found = "see [configuration]" if finding.check in ("config", "alarm hooks") else finding.found
    if finding.level is Level.OK or not finding.mend:
        return f"{finding.level:<4}  {finding.check}: {found}"
    return f"{finding.level:<4}  {finding.check}: {found}; mend: {finding.mend}"


def _configuration(places: Locations) -> Iterator[str]:
    try:
        config = load_config(places.config_file, places.profiles_file)
    except ConfigError as error:
        # The text of a ConfigError quotes the value, and that may be a key in the wrong place.
        yield f"cannot be used: something at {_key_alone(error.key)}"
        return
    for account in config.accounts:
        yield f"account {account.name}: {account.venue}, {account.mode.value}"
    for name in SECTIONS:
        for field, value in msgspec.to_builtins(getattr(config, name)).items():
            yield f"{name}.{field} = {value}"
    yield f"alarms: {_hooks(config)} of 3 hooks configured"


def _key_alone(key: str) -> str:
    """The section of a configuration's key, for an unknown key may be anything."""
    return key.split("]")[0] + "]" if key.startswith("[") else "its top level"


def _hooks(config: Config) -> int:
    alarms = config.alarms
    return sum(bool(hook) for hook in (alarms.hook, alarms.critical_hook, alarms.escalate_hook))


def _files(places: Locations) -> Iterator[str]:
    for folder in (places.config, places.state):
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if file.is_file():
                yield _file(file)


def _file(file: Path) -> str:
    found = file.stat()
    return f"{file}: {found.st_size} bytes, mode {found.st_mode & 0o777:o}, changed {when(found.st_mtime_ns)[:16]}"
