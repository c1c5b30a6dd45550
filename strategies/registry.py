"""The strategies that come with the project, by kind."""

from __future__ import annotations

from typing import Any

from strategies.hedge import HedgeLoop
from strategies.protocol import Strategy

STRATEGIES: dict[str, Strategy[Any]] = {HedgeLoop.kind: HedgeLoop()}
