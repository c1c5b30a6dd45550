"""The operator's language: gettext catalogues beside this file, English where a text is missing.

Texts that are built when a module is imported are marked with `N_` and translated with `_` where they are painted: the
language is chosen after imports, and may change while the cockpit runs.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

DOMAIN = "cockpit"
AUTO = "auto"
LANGUAGES = {"en": "English", "zh": "中文"}
"""Code to the name that its readers know."""
ORDER = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the language, the first one that is set decides."""
NUMBERED = re.compile(r"(\[b\]\d+\[/b\] )?(.*)", re.DOTALL)
"""A panel's number, as markup, and its title."""

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"
_listeners: list[Callable[[], None]] = []


def locale_folder() -> Path:
    """Where the catalogues are."""
    return Path(str(resources.files("widgets"))) / "locale"


def choose(setting: str, environ: Mapping[str, str]) -> str:
    """Code of the language for a setting (`auto` or a code); `auto` follows the environment, English where it names
    none of ours. Raises `ValueError` for a setting that is neither."""
    if setting != AUTO:
        return check(setting)
    named = next((environ[name] for name in ORDER if environ.get(name)), "")
    code = named.lower().replace("-", "_").partition("_")[0].partition(".")[0]
    return code if code in LANGUAGES else "en"


def check(language: str) -> str:
    """The code itself. Raises `ValueError` for a language that we do not have."""
    if language not in LANGUAGES:
        raise ValueError(f"language: {language!r} is not known; expected one of {', '.join(LANGUAGES)}")
    return language


def use(language: str) -> None:
    """Speak `language` from here on. Raises `ValueError` for one that we do not have."""
    check(language)
    speak(gettext.translation(DOMAIN, locale_folder(), [language], fallback=True), language)


def speak(catalogue: gettext.NullTranslations, language: str) -> None:
    """Take texts from this catalogue; tests bring their own."""
    global _catalogue, _language
    _catalogue, _language = catalogue, language
    for learn in _listeners:
        learn()


def entries() -> list[tuple[str, str]]:
    """(text, translation) of all that the catalogue has, forms of plurals left out; a context stands before the text,
    parted by `\\x04`."""
    # gettext tells of single texts only; its dictionary is where it has been since Python 2.3.
    known: Mapping[object, object] = vars(_catalogue).get("_catalog", {})
    return [(key, told) for key, told in known.items() if isinstance(key, str) and isinstance(told, str) and key]


def on_change(learn: Callable[[], None]) -> None:
    """Call `learn` whenever the language changes: for what is made of the catalogue, once for each module."""
    _listeners.append(learn)


def language() -> str:
    """Code of the language in use."""
    return _language


def _(text: str) -> str:
    """`text` in the operator's language. Give it literals: figures are put in afterwards, with `.format`."""
    return _catalogue.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark `text` for the catalogues, and leave it as it is."""
    return text


def within(context: str, text: str) -> str:
    """`text` as it is meant in a context: `live` of a connection is another word than `live` of an account's mode."""
    return _catalogue.pgettext(context, text) if text else ""


def NP_(_context: str, text: str) -> str:  # noqa: N802  # as `N_`, with a context
    """Mark `text` in a context for the catalogues, and leave it as it is."""
    return text


def plural(one: str, many: str, count: int) -> str:
    """The form that fits `count`."""
    return _catalogue.ngettext(one, many, count)


def titled(title: str) -> str:
    """A panel's title in the operator's language; its number, as `[b]1[/b] `, stays before it."""
    found = NUMBERED.fullmatch(title)
    number, words = found.groups() if found else ("", title)
    return f"{number or ''}{_(words)}"
