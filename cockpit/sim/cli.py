"""`cockpit simulate STRATEGY`: the same strategy and desk on recorded or synthetic markets, in virtual time."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from cockpit.commands.columns import FILLS
from cockpit.desk.refusals import LaunchError
from cockpit.sim.simulation import Outcome, Plan, Rate, Simulation, pair_symbol
from cockpit.sim.sources import Source, SourceError, open_source, synthetic_world
from strategies.hedge import MAKER, TAKER
from strategies.hedge_params import HedgeParams
from strategies.params import ParamError, specs
from venues.model import NS_PER_S
from venues.paper.capture_file import CaptureError
from venues.paper.profiles import ProfileError
from venues.paper.queue import QueueModelKind

FILL_COLUMNS = tuple(name for name in FILLS if name not in ("loop", "role"))
"""As `cockpit fills` names them; a simulation has one loop."""

_OWN = ("maker", "taker", "ticker", "size", "iterations")


def parser() -> argparse.ArgumentParser:
    """The options of `cockpit simulate hedge`; every parameter of the loop is one."""
    out = argparse.ArgumentParser(prog="cockpit simulate", description=__doc__)
    out.add_argument("strategy", choices=["hedge"])
    out.add_argument("--maker", required=True, metavar="SRC", help="a capture's path, or synthetic:PROFILE")
    out.add_argument("--taker", required=True, metavar="SRC", help="a capture's path, or synthetic:PROFILE")
    out.add_argument("--size", required=True, help="base coin, on both sides")
    out.add_argument("--iter", "--iterations", dest="iterations", required=True, help="cycles to do")
    out.add_argument("--ticker", default="BTC", help="coin of synthetic markets (default BTC)")
    out.add_argument("--seed", type=int, default=1, help="decides markets, latencies and the order of everything")
    out.add_argument("--queue", choices=[str(kind) for kind in QueueModelKind], default="conservative")
    out.add_argument("--funding", type=Path, metavar="FILE", help="CSV: ts,account,rate (account maker or taker)")
    out.add_argument("--profiles", type=Path, metavar="FILE", help="your own venue profiles (TOML)")
    out.add_argument("--hours", type=float, default=24.0, help="longest virtual time of a run (default 24)")
    out.add_argument("--fills", type=Path, metavar="FILE", help="write every fill as CSV")
    out.add_argument("--json", action="store_true")
    for spec in specs(HedgeParams):
        if spec.name not in _OWN:
            unit = f", {spec.unit}" if spec.unit else ""
            out.add_argument(
                "--" + spec.name.replace("_", "-"),
                dest=spec.name,
                help=f"{spec.doc}{unit} (default {spec.default})".replace("%", "%%"),
            )
    return out


def main(argv: Sequence[str]) -> int:
    """Run and print. 0 when it ran, 1 when it halted, 2 for input that cannot be taken."""
    args = parser().parse_args(argv)
    try:
        world = synthetic_world(args.seed)
        sources = {
            name: open_source(name, getattr(args, name), args.ticker, world, args.profiles) for name in (MAKER, TAKER)
        }
        rates = read_rates(args.funding) if args.funding is not None else ()
        simulation = Simulation(_plan(args, sources, rates), sources)
        began = time.perf_counter()
        outcome = simulation.run(_bar if sys.stderr.isatty() else None)
        wall = time.perf_counter() - began
        if args.fills is not None:
            write_fills(args.fills, simulation, sources)
    except UnicodeDecodeError as error:
        print(f"cockpit simulate: {args.funding or args.profiles}: not a text file: {error}", file=sys.stderr)
        return 2
    except (SourceError, CaptureError, ProfileError, ParamError, LaunchError, OSError) as error:
        print(f"cockpit simulate: {error}", file=sys.stderr)
        return 2
    _print(outcome, wall, as_json=args.json)
    return 1 if outcome.ended.startswith("halted") else 0


def _plan(args: argparse.Namespace, sources: dict[str, Source], rates: tuple[Rate, ...]) -> Plan:
    params = {
        "maker": MAKER,
        "taker": TAKER,
        "ticker": pair_symbol(sources[MAKER].market.instrument, sources[TAKER].market.instrument),
        "size": args.size,
        "iterations": args.iterations,
    }
    for spec in specs(HedgeParams):
        if spec.name not in _OWN and getattr(args, spec.name) is not None:
            params[spec.name] = getattr(args, spec.name)
    return Plan(
        strategy=args.strategy,
        params=params,
        seed=args.seed,
        queue=QueueModelKind(args.queue),
        max_s=args.hours * 3600,
        rates=rates,
    )


def read_rates(path: Path) -> tuple[Rate, ...]:
    """Funding rates from CSV: `ts` in ns since the epoch or as UTC time, `account` maker or taker, `rate` a fraction of
    notional for each settlement. Raises `SourceError` naming line and field."""
    rates = []
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            account = row.get("account") or ""
            if account not in (MAKER, TAKER):
                raise SourceError(f"{path}, line {number}: account is {account!r}, expected maker or taker")
            try:
                rate = Decimal(row.get("rate") or "")
            except InvalidOperation:
                rate = Decimal("nan")
            if not rate.is_finite():
                raise SourceError(f"{path}, line {number}: rate is {row.get('rate')!r}, expected a number")
            rates.append(Rate(_stamp(path, number, row.get("ts") or ""), account, rate))
    return tuple(rates)


def _stamp(path: Path, number: int, text: str) -> int:
    if text.isdigit():
        return int(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise SourceError(f"{path}, line {number}: ts is {text!r}, expected ns or a UTC time") from None
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp()) * NS_PER_S


def write_fills(path: Path, simulation: Simulation, sources: dict[str, Source]) -> None:
    """Every fill in the order it was booked."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(FILL_COLUMNS)
        for booked in simulation.fills:
            fill = booked.fill
            out.writerow(
                (
                    fill.ts_event,
                    booked.account,
                    fill.symbol,
                    fill.side.value,
                    fill.price,
                    fill.qty,
                    booked.base_qty,
                    fill.fee,
                    fill.fee_asset,
                    booked.fee_usd,
                    fill.liquidity.value,
                    fill.client_order_id,
                    fill.trade_id,
                )
            )


def _print(outcome: Outcome, wall: float, *, as_json: bool) -> None:
    speed = {"wall_s": round(wall, 3), "events_per_s": round(outcome.events / wall) if wall else None}
    if as_json:
        record = msgspec.to_builtins(outcome)
        for name, value in record.items():
            if isinstance(getattr(outcome, name), Decimal):
                record[name] = float(value)
        record["final_mid"] = {name: float(mid) for name, mid in outcome.final_mid.items()}
        record["open_base"] = {name: float(qty) for name, qty in outcome.open_base.items()}
        print(msgspec.json.encode({**record, **speed}).decode())
        return
    bps = "no volume" if outcome.wear_bps is None else f"{outcome.wear_bps:.4f} bps"
    print(f"{outcome.iterations} cycles, {outcome.ended}")
    print(f"volume    {outcome.volume_usd:>14,.2f} USD")
    print(f"wear      {outcome.wear_usd:>14,.4f} USD  = {bps}")
    print(f"  fees    {outcome.fees_usd:>14,.4f} USD")
    print(f"  trading {outcome.trade_usd:>14,.4f} USD")
    print(f"  funding {outcome.funding_usd:>14,.4f} USD  ({outcome.funding})")
    print(f"residual  {outcome.residual_base:>14.8f} of tolerance {outcome.tolerance_base:.8f}")
    latency = outcome.hedge_latency_ms
    print(f"fills     {outcome.maker_fills} maker, {outcome.hedge_fills} hedge")
    print(f"hedge     p50 {latency['p50']} ms, p99 {latency['p99']} ms; naked at most {outcome.max_naked_ms:.0f} ms")
    print(f"events    {outcome.events:,} in {wall:.2f} s, {speed['events_per_s']:,}/s, seed {outcome.seed}")
    for text in outcome.alarms:
        print(f"alarm     {text}")


def _bar(share: float) -> None:
    """A progress bar on the terminal's own line."""
    width = 40
    filled = round(share * width)
    end = "\n" if share >= 1 else ""
    print(f"\r[{'#' * filled}{'.' * (width - filled)}] {share:4.0%}", end=end, file=sys.stderr, flush=True)
