"""The launch form: every parameter of a strategy, filled in so that the demo needs no typing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from cockpit.link.client import LinkError
from cockpit.link.messages import Launch, Query, Verb
from cockpit.link.rows import SpreadRow
from cockpit.link.store import Store
from cockpit.screens.form import FormDialog
from strategies.params import ParamSpec
from widgets.desk_words import said
from widgets.fields import Field
from widgets.i18n import N_, _
from widgets.modes import mode_name, modes_shown

ACCOUNT_FIELDS = ("maker", "taker", "backup", "account")
"""Parameters that name an account; so does any with the unit `account`."""
PROPOSED_USD = Decimal(1000)
"""Notional that the proposed size comes near: well above the smallest order of any venue we know."""


READ_ONLY = "read-only"
"""What a live account says of itself while it is watched only."""
MIX = Field(
    "mix",
    "no",
    doc=N_("Paper and live accounts in one loop: the paper leg hedges no money"),
    choices=("no", "yes"),
    free=False,
    was="no",
)


def proposed_pair(store: Store) -> tuple[str, str, str]:
    """(maker, taker, coin): two accounts of one kind with the best spread that no loop trades yet, never with real
    money; empty where unknown."""
    busy = {(account, loop.base) for loop in store.loops.values() for _leg, account, _symbol in loop.legs}

    def usable(row: SpreadRow) -> bool:
        accounts = [store.accounts.get(name) for name in (row.a, row.b)]
        ready = [
            a
            for a in accounts
            if a is not None and a.health.value == "live" and a.state == "active" and a.live != READ_ONLY
        ]
        # a live pair is proposed to nobody: it is chosen
        alike = len(ready) == 2 and ready[0].mode is ready[1].mode and ready[0].mode.value != "live"
        return alike and not ({(row.a, row.base), (row.b, row.base)} & busy)

    def worth(row: SpreadRow) -> float:
        return (row.buy_a_bps or 0.0) + (row.sell_a_bps or 0.0)

    rows = sorted((row for row in store.spreads.values() if usable(row)), key=lambda row: row.key)
    if rows:
        best = max(rows, key=worth)
        return best.a, best.b, best.base
    names = [*(name for name, row in store.accounts.items() if row.mode.value != "live"), "", ""]
    coins = sorted({market.base for market in store.markets.values()})
    return names[0], names[1], coins[0] if coins else ""


def proposed_size(store: Store, account: str, coin: str) -> str:
    """About `PROPOSED_USD` of the coin, one significant digit; empty while there is no price."""
    for market in store.markets.values():
        if market.account == account and market.base == coin and market.bid and market.ask:
            size = PROPOSED_USD * 2 / (market.bid + market.ask)
            rounded = size.quantize(Decimal(1).scaleb(size.adjusted()))
            return f"{rounded.normalize():f}"
    return ""


def fields_for(specs: Sequence[ParamSpec], store: Store, given: Mapping[str, str]) -> list[Field]:
    """A field per parameter; accounts and coins are choices from the store. `given` goes before what is proposed."""
    maker, taker, coin = proposed_pair(store)
    maker, coin = given.get("maker", maker), given.get("ticker", coin)
    coins = tuple(sorted({market.base for market in store.markets.values()}))
    proposals = {"maker": maker, "taker": taker, "ticker": coin, "size": proposed_size(store, maker, coin)}
    fields = []
    for spec in specs:
        value = spec.default if spec.default is not None else proposals.get(spec.name, "")
        value = given.get(spec.name, value)
        choices, free = spec.choices, False
        if spec.name in ACCOUNT_FIELDS or spec.unit == "account":
            choices = tuple(store.accounts) if spec.default is None else ("", *store.accounts)
        elif spec.name == "ticker":
            choices, free = coins, True
        elif spec.kind == "bool":
            choices = ("yes", "no")
        fields.append(
            Field(
                spec.name,
                value,
                doc=spec.doc,
                unit="" if spec.unit == "account" else spec.unit,
                bounds=spec.bounds,
                choices=choices,
                free=free or not choices,
                required=spec.default is None,
                was=value,
            )
        )
    return fields


class Preview(msgspec.Struct):
    """The desk's answer to a `reach` query, as far as it is shown."""

    text: str
    modes: tuple[str, ...] = ()
    """Each kind of account in it once."""


class LaunchDialog(FormDialog):
    SUBMIT_LABEL = N_("Launch")

    def __init__(self, kind: str, given: Mapping[str, str] | None = None) -> None:
        """`given`: parameter to the value that the form opens with."""
        super().__init__()
        self._kind = kind
        self._given = dict(given or {})
        self._previewed: dict[str, str] = {}

    def title_text(self) -> str:
        return _("Launch {kind}").format(kind=self._kind)

    def on_mount(self) -> None:
        super().on_mount()
        self.say(_("asking the desk for the parameters …"))
        self.run_worker(self._load(), group="form")

    async def _load(self) -> None:
        try:
            specs = await self.cockpit.specs(self._kind)
        except LinkError as error:
            self.say(f"✗ {said(str(error))}", "crit")
            return
        store = self.cockpit.link.store
        self.load([*fields_for(specs, store, self._given), *([replace(MIX)] if len(modes_shown(store)) > 1 else [])])
        self.say("")
        self._preview()

    def on_field_list_moved(self) -> None:
        """Another field: what was typed may have changed how far the loop can reach."""
        self._preview()

    def _preview(self) -> None:
        values = self.fields.values()
        if values != self._previewed:
            self._previewed = values
            self.run_worker(self._ask_reach(values), group="reach", exclusive=True)

    async def _ask_reach(self, values: dict[str, str]) -> None:
        """Show what leverage the launch could come to. What cannot be answered yet is left to the launch to tell."""
        try:
            asked = {name: value for name, value in values.items() if name != MIX.name}
            ack = await self.cockpit.link.send(Query("reach", {"strategy": self._kind, **asked}))
        except LinkError:
            return
        if ack.ok:
            preview = msgspec.json.decode(ack.result, type=Preview)
            money = "live" in preview.modes
            kinds = _(" and ").join(mode_name(mode) for mode in preview.modes)
            real = f" ({_('REAL MONEY')})" if money else ""
            self.say(f"{kinds}{real}: {said(preview.text)}", "live" if money else "dim")

    def verb(self) -> Verb | None:
        if not self.fields.fields:
            return None
        values = self.fields.values()
        mix = values.pop(MIX.name, "no") == "yes"
        return Launch(self._kind, values, mix)

    def done_text(self) -> str:
        return _("{kind} launched").format(kind=self._kind)
