"""Changes of `config.toml` that leave everything else in it as its owner wrote it, comments too."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import tomli_w

from cockpit.config import DEFAULT_ACCOUNTS, Config, ConfigError, config_text, parse_config
from venues.toml_text import TomlError, read_toml

_SECTION = re.compile(r"\s*\[(?!\[)\s*([A-Za-z0-9_-]+)\s*\]\s*(#.*)?$")
_ARRAY = re.compile(r"\s*\[\[\s*([A-Za-z0-9_-]+)\s*\]\]\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def lines_of(text: str) -> dict[tuple[str, str], int]:
    """(section, key) to the line, from 1, on which it stands; of the n-th `[[account]]` the section is `account.n`.

    Text of one's own that spans lines (a string in three quotes) may be taken for keys; figures never do."""
    found: dict[tuple[str, str], int] = {}
    section, arrays = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _SECTION.match(line):
            section = head[1]
        elif head := _ARRAY.match(line):
            arrays += 1
            section = f"{head[1]}.{arrays}"
            found[(section, "")] = number
        elif key := _KEY.match(line):
            found.setdefault((section, key[1]), number)
    return found


def with_value(text: str, section: str, key: str, value: str, file: Path) -> str:
    """The text with one setting changed or added. Raises `ConfigError` where the file cannot be read or would not be
    valid with it."""
    literal = tomli_w.dumps({key: value}).rstrip("\n")
    rows = text.splitlines(keepends=True)
    at = lines_of(text).get((section, key))
    heads = [number for number, row in enumerate(rows) if (head := _SECTION.match(row)) and head[1] == section]
    if at is not None:
        old = rows[at - 1]
        comment = re.search(r"\s+#[^\"']*$", old.rstrip("\n"))
        rows[at - 1] = literal + (comment[0] if comment else "") + "\n"
    elif heads:
        rows.insert(heads[0] + 1, literal + "\n")
    else:
        rows.append("" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n")
        rows.append(f"[{section}]\n{literal}\n")
    return _checked("".join(rows), file)


def with_account(text: str | None, name: str, venue: str, file: Path) -> str:
    """The text with one live account more, read-only; None: there is no file, and it begins with the defaults.

    Accounts that are there only because the file names none stay. Raises `ConfigError`."""
    if text is None:
        text = config_text(Config())
    try:
        named = read_toml(text).get("account")
    except TomlError as error:
        raise ConfigError(file, "the file", None, f"valid TOML ({error})") from None
    blocks = []
    if named is None:
        blocks += [tomli_w.dumps({"name": account.name, "venue": account.venue}) for account in DEFAULT_ACCOUNTS]
    live = tomli_w.dumps({"name": name, "venue": venue, "mode": "live", "read_only": True})
    blocks.append(f"# watched only, until: cockpit live {name}\n{live}")
    joint = "" if text.endswith("\n") else "\n"
    return _checked(text + joint + "".join(f"\n[[account]]\n{block}" for block in blocks), file)


def _checked(text: str, file: Path) -> str:
    parse_config(text, file)
    return text


def put_in_place(file: Path, before: str | None, after: str) -> None:
    """Write the file anew, whole or not at all, for its owner alone. Where it is no longer what was read (`before`;
    None: there was none), nothing is written. Raises `ConfigError`."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise _cannot(file, error) from None
    fresh = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(after)
            out.flush()
            os.fsync(out.fileno())
        if before is None:
            # a link does not overwrite: whoever was first stays
            file.hardlink_to(fresh)
        elif file.read_text(encoding="utf-8") == before:
            # a file that is kept elsewhere and linked here stays so
            fresh.replace(file.resolve())
        else:
            raise ConfigError(file, "the file", None, "nobody else to change it meanwhile; look at it and try again")
    except FileExistsError:
        raise ConfigError(file, "the file", None, "no file there yet; look at it and try again") from None
    except OSError as error:
        raise _cannot(file, error) from None
    finally:
        fresh.unlink(missing_ok=True)


def _cannot(file: Path, error: OSError) -> ConfigError:
    return ConfigError(file, "the file", None, f"a folder that can be written to ({error.strerror})")


def read_text(file: Path) -> str | None:
    """None where there is no file. Raises `ConfigError`."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file, "the file", None, f"UTF-8 text that can be read ({error})") from None
