"""`launch`: start a loop. The flags are the strategy's own parameters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.spawn import ensure_desk
from cockpit.commands.steer import ALIASES
from cockpit.commands.talk import Talk, talk
from cockpit.link.messages import Launch
from strategies.params import ParamError, ParamSpec, parse_params, specs
from strategies.registry import STRATEGIES

SETTLE_S = 30.0
"""How long accounts that have just connected may take to be reconciled, seconds: Lighter answers 60 times a minute."""

ASK_AGAIN_S = 1.0

NOT_YET = ("has not been reconciled yet", "is down: connecting to trade")
"""How the desk refuses an account that it has not compared with its venue yet, or that connects anew since it was let
trade; nothing was done then."""

MIX = "--mix"
"""Lets paper and live accounts into one loop."""

DEFAULT_TAKER = "lighter"
"""Where `--exchange` alone hedges, as perp-dex-tools does."""


def params_type(strategy: str) -> type[msgspec.Struct]:
    """Raises `CommandFailed` for a strategy that does not exist."""
    if strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise CommandFailed(f"cockpit launch: strategy {strategy!r} does not exist; expected one of {known}", USAGE)
    return STRATEGIES[strategy].params_type


def main(verb: str, argv: Sequence[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        put("usage: cockpit launch STRATEGY ...\n\nStrategies: " + ", ".join(STRATEGIES))
        put("Parameters of one: cockpit launch hedge --help")
        return 0 if argv else USAGE
    strategy, rest = argv[0], argv[1:]
    mix = MIX in rest
    raw, as_json = launch_params(strategy, [word for word in rest if word != MIX])
    ensure_desk(None)

    async def ask(desk: Talk) -> object:
        return await _launch(desk, Launch(strategy, raw, mix), SETTLE_S)

    result = talk(ask)
    if as_json:
        put_json({"ok": True, "result": result})
    else:
        name = result.get("id") or result.get("loop") if isinstance(result, dict) else None
        put(f"{name or strategy} is running{_kind_of_money(result)}; watch it with `cockpit status`")
        if isinstance(result, dict) and result.get("text"):
            put(str(result["text"]))
    return 0


def _kind_of_money(result: object) -> str:
    """`, PAPER`, or what else its accounts are."""
    modes = result.get("modes") if isinstance(result, dict) else None
    if not isinstance(modes, list) or not modes:
        return ""
    return ", " + " and ".join(str(mode).upper() for mode in modes) + (" (REAL MONEY)" if "live" in modes else "")


async def _launch(desk: Talk, command: Launch, patience: float) -> Any:
    """Ask; for `patience` seconds again and again while the desk still compares an account with its venue."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        try:
            return await desk.ask(command, timeout=60)
        except CommandFailed as failed:
            if not any(words in str(failed) for words in NOT_YET) or loop.time() >= deadline:
                raise
        await asyncio.sleep(ASK_AGAIN_S)


def launch_params(strategy: str, argv: Sequence[str]) -> tuple[dict[str, str], bool]:
    """What was typed, by parameter name, and whether JSON is wanted. Raises `CommandFailed` for impossible values."""
    kind = params_type(strategy)
    parser = Parser(f"launch {strategy}", f"Start a {strategy} loop; starts the desk where none runs.")
    parser.add_json()
    parser.epilog = f"{MIX}: paper and live accounts in one loop, on purpose"
    parser.add_argument(
        "--exchange", metavar="ACCOUNT", help=f"maker; the taker is {DEFAULT_TAKER} where none is given"
    )
    names = {full: short for short, full in ALIASES.items()}
    for spec in specs(kind):
        flags = ["--" + spec.name.replace("_", "-")]
        if spec.name in names:
            flags.append("--" + names[spec.name])
        parser.add_argument(*flags, dest=spec.name, metavar=_metavar(spec), help=_help(spec))
    options = vars(parser.parse_args(argv))
    as_json, exchange = bool(options.pop("json")), options.pop("exchange")
    raw = {name: str(value) for name, value in options.items() if value is not None}
    if exchange is not None:
        if "maker" in raw and raw["maker"] != exchange:
            text = f"--exchange: {exchange!r} is not valid; expected it alone or --maker {raw['maker']} alone"
            raise CommandFailed(f"cockpit launch {strategy}: {text}", USAGE)
        raw["maker"] = exchange
        raw.setdefault("taker", DEFAULT_TAKER)
    try:
        parse_params(kind, raw)
    except ParamError as error:
        raise CommandFailed(f"cockpit launch {strategy}: {error}", USAGE) from None
    return raw, as_json


def _metavar(spec: ParamSpec) -> str:
    return "{" + ",".join(spec.choices) + "}" if spec.choices else (spec.unit or spec.kind).upper().replace(" ", "_")


def _help(spec: ParamSpec) -> str:
    parts = [spec.doc]
    if spec.bounds:
        parts.append(spec.bounds)
    parts.append("required" if spec.default is None else f"default {spec.default or 'none'}")
    return "; ".join(parts).replace("%", "%%")
