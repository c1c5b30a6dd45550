"""What a book update costs: our decoder against ccxt on the same feed, and a desk on four venues by ccxt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

import msgspec

from cockpit.bench.books_client import Cost, Way, Work
from cockpit.bench.books_feed import Feed, Ready, Sent
from cockpit.bench.child import END_S, BenchError
from cockpit.bench.figures import Figure, Target, platform

ONE = {"binanceusdm": 4}
"""Venue and moving markets of the comparison."""
FOUR = {"binanceusdm": 2, "bybit": 2, "hyperliquid": 2, "lighter": 2}
MODULE = "cockpit.bench"

TARGETS = (
    Target("ratio", 2.5, "", at_least=True),
    Target("desk_rss_mb", 128, "MB"),
    Target("desk_cpu_percent", 60, "% of a core"),
)


class Plan(msgspec.Struct, frozen=True):
    rate: float = 400.0
    """Book updates a second, of all markets together."""
    seconds: float = 15.0
    warm_up_s: float = 5.0
    rounds: int = 6
    """Of the comparison; each way has its share of the seconds in each."""
    listed: int = 600
    """Markets that each venue lists."""


def run(plan: Plan) -> dict[str, Figure]:
    """Raises `BenchError`."""
    ways = (Way.FAST, Way.CCXT, Way.ADAPTER)
    one, pace = _measure(plan, ONE, ways, plan.rounds)
    out: dict[str, Figure] = {f"{way}_us": round(one[way].cpu_s / (one[way].seconds * pace) * 1e6, 1) for way in ways}
    share = {way: one[way].cpu_s / one[way].seconds for way in ways}
    out["ratio"] = round(share[Way.CCXT] / share[Way.FAST], 2)
    out["ratio_to_adapter"] = round(share[Way.ADAPTER] / share[Way.FAST], 2)
    out["updates_per_s"] = round(pace, 1)
    for way in ways:
        out[f"{way}_told_per_s"] = round(one[way].told / one[way].seconds, 1)
    for way in (Way.DESK, Way.DESK_FAST, Way.DESK_WHOLE):
        four, pace = _measure(plan, FOUR, (way,), 1)
        out[f"{way}_rss_mb"] = round(four[way].rss_mb, 1)
        out[f"{way}_cpu_percent"] = round(four[way].cpu_s / four[way].seconds * 100, 1)
        out[f"{way}_updates_per_s"] = round(pace, 1)
    return {**out, "listed": plan.listed, "seconds": plan.seconds, **platform()}


def _measure(plan: Plan, venues: Mapping[str, int], ways: Sequence[Way], rounds: int) -> tuple[dict[Way, Cost], float]:
    """Each way alone on one feed, by turns, so that a machine that gets busier is so for all; what each cost
    altogether, and updates a second that the feed made."""
    costs: dict[Way, list[Cost]] = {way: [] for way in ways}
    with FeedChild(Feed(venues, plan.rate, plan.listed)) as feed:
        for _ in range(rounds):
            for way in ways:
                seconds = plan.seconds / rounds
                work = Work(way, feed.ready.endpoints, feed.ready.symbols, plan.warm_up_s / rounds, seconds)
                costs[way].append(_cost(work))
        sent = feed.end()
    return {way: _sum(found) for way, found in costs.items()}, sent.ticks / sent.seconds


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_s=sum(cost.cpu_s for cost in costs),
        seconds=sum(cost.seconds for cost in costs),
        rss_mb=max(cost.rss_mb for cost in costs),
        told=sum(cost.told for cost in costs),
    )


def _cost(work: Work) -> Cost:
    command = [sys.executable, "-m", f"{MODULE}.books_client", msgspec.json.encode(work).decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{work.way} failed (exit code {done.returncode}): {done.stderr.strip()[-600:]}")
    return msgspec.json.decode(done.stdout, type=Cost)


class FeedChild:
    """The feed as a child: it ends with this context, and with this process too, for its stdin closes then."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._process: subprocess.Popen[str] | None = None
        self.ready = Ready({}, {})

    def __enter__(self) -> FeedChild:
        command = [sys.executable, "-m", f"{MODULE}.books_feed", msgspec.json.encode(self._feed).decode()]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise BenchError(f"the feed did not start (exit code {process.wait(END_S)})")
        self.ready = msgspec.json.decode(line, type=Ready)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def end(self) -> Sent:
        """Stop it and read how much it sent. Raises `BenchError` where it died before."""
        process, self._process = self._process, None
        assert process is not None
        text, _ = process.communicate(timeout=END_S)
        if process.returncode:
            raise BenchError(f"the feed failed (exit code {process.returncode})")
        return msgspec.json.decode(text, type=Sent)
