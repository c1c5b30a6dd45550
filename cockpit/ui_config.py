"""`[ui]` of the configuration: what belongs to the screen alone. The desk only checks it; the client reads it, and
starts with what is left where something is wrong in it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from strategies.params import Param, ParamError, parse_value
from venues.toml_text import TomlError, read_toml


class Language(StrEnum):
    """Of the screen; `auto` follows LC_ALL, LC_MESSAGES and LANG."""

    AUTO = "auto"
    EN = "en"
    ZH = "zh"


class Glyphs(StrEnum):
    """What the screen is drawn with; `auto` follows the encoding of the locale."""

    AUTO = "auto"
    UNICODE = "unicode"
    ASCII = "ascii"


class UiConfig(msgspec.Struct, frozen=True):
    language: Annotated[Language, Param("Language of the screen; auto follows LANG")] = Language.AUTO
    glyphs: Annotated[Glyphs, Param("Signs and lines of the screen; auto follows LANG")] = Glyphs.AUTO
    theme: Annotated[str, Param("Colours, by name; empty for the default")] = ""


def read_ui(file: Path) -> tuple[UiConfig, list[str]]:
    """What stands in `[ui]` of a file, and what is wrong there, in words: each mistake costs its own key alone.

    A file that cannot be read at all is the desk's matter, and gives the defaults here."""
    try:
        table = read_toml(file.read_text(encoding="utf-8")).get("ui", {})
    except (OSError, UnicodeDecodeError, TomlError):
        return UiConfig(), []
    if not isinstance(table, dict):
        return UiConfig(), [f"{file}: ui = {table!r}: expected a table [ui]"]
    values: dict[str, object] = {}
    wrong: list[str] = []
    fields = msgspec.structs.fields(UiConfig)
    for name in table:
        if name not in UiConfig.__struct_fields__:
            wrong.append(f"{file}: [ui] {name}: expected one of {', '.join(UiConfig.__struct_fields__)}")
    for field in fields:
        if field.name in table:
            raw = table[field.name]
            kind = type(field.default)
            try:
                if not isinstance(raw, str):
                    raise ParamError(field.name, raw, _expected(kind))
                values[field.name] = parse_value(field.name, kind, Param(""), raw)
            except ParamError as error:
                stays = f"it stays {field.default!s}" if field.default else "the default holds"
                wrong.append(f"{file}: [ui] {field.name} = {raw!r}: expected {error.expected}; {stays}")
    return msgspec.convert(values, UiConfig), wrong


def _expected(kind: type) -> str:
    return "one of " + ", ".join(kind) if issubclass(kind, StrEnum) else "text"
