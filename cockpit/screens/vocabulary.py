"""What the command line completes with: names that the desk has now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit.screens.launch import ACCOUNT_FIELDS
from cockpit.screens.spoken import selected_loop
from widgets.i18n import LANGUAGES

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


class StoreWords:
    def __init__(self, app: CockpitApp) -> None:
        self._app = app

    def words(self, kind: str, before: Sequence[str]) -> Sequence[str]:
        """Words of a kind: `ACCOUNT`, `LOOP`, `COIN`, `THEME`, `LANGUAGE`, `ALARM`, `PARAM`, `SIZE`, `CYCLES`, `VALUE`
        (of the parameter before it), `NAME=VALUE` (the last of `before` being what is typed now)."""
        store = self._app.link.store
        if kind == "ACCOUNT":
            return list(store.accounts)
        if kind == "LOOP":
            return list(store.loops)
        if kind == "COIN":
            return self._coins()
        if kind == "ALARM":
            return list(store.alarms)
        if kind == "THEME":
            return self._app.theme_names
        if kind == "LANGUAGE":
            return list(LANGUAGES)
        if kind == "NAME=VALUE":
            return self._pairs(before)
        return self._of_loop(kind, before)

    def _coins(self) -> list[str]:
        return sorted({market.base for market in self._app.link.store.markets.values()})

    def _of_loop(self, kind: str, before: Sequence[str]) -> list[str]:
        """Of the selected loop: its parameters, and what they are now."""
        row = selected_loop(self._app)
        if row is None:
            return []
        known = self._app.strategies.get(row.strategy)
        if kind == "PARAM":
            return [spec.name for spec in known.params if spec.live] if known else list(row.params)
        name = {"SIZE": "size", "CYCLES": "iterations"}.get(kind, before[-1] if before else "")
        spec = next((spec for spec in known.params if spec.name == name), None) if known else None
        if spec is not None and (spec.choices or spec.kind == "bool"):
            return list(spec.choices or ("yes", "no"))
        value = row.params.get(name, "")
        return [value] if value else []

    def _pairs(self, before: Sequence[str]) -> list[str]:
        kind, *said, typed = before
        known = self._app.strategies.get(kind)
        names = [spec.name for spec in known.params] if known else ["maker", "taker", "ticker", "size", "iterations"]
        name, sign, _value = typed.partition("=")
        if not sign:
            taken = {pair.partition("=")[0] for pair in said}
            return [f"{each}=" for each in names if each not in taken]
        values: Sequence[str] = ()
        if name in ACCOUNT_FIELDS:
            values = list(self._app.link.store.accounts)
        elif name == "ticker":
            values = self._coins()
        elif known:
            values = next((spec.choices for spec in known.params if spec.name == name), ())
        return [f"{name}={value}" for value in values]
