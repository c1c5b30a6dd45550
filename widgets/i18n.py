"""The operator's language: gettext catalogues beside this file, English where a text is missing.

Texts that are built when a module is imported are marked with `N_` and translated with `_` where they are painted: the
language is chosen after imports, and may change while the cockpit runs.
"""

from __future__ import annotations

import gettext
from importlib import resources
from pathlib import Path

DOMAIN = "cockpit"
LANGUAGES = {"en": "English", "zh": "中文"}
"""Code to the name that its readers know."""

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def use(language: str) -> None:
    """Speak `language` from here on. Raises `ValueError` for one that we do not have."""
    global _catalogue, _language
    if language not in LANGUAGES:
        raise ValueError(f"language: {language!r} is not known; expected one of {', '.join(LANGUAGES)}")
    folder = Path(str(resources.files("widgets"))) / "locale"
    _catalogue = gettext.translation(DOMAIN, folder, [language], fallback=True)
    _language = language


def language() -> str:
    """Code of the language in use."""
    return _language


def _(text: str) -> str:
    """`text` in the operator's language. Give it literals: figures are put in afterwards, with `.format`."""
    return _catalogue.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark `text` for the catalogues, and leave it as it is."""
    return text


def plural(one: str, many: str, count: int) -> str:
    """The form that fits `count`."""
    return _catalogue.ngettext(one, many, count)
