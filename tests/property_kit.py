"""Shared by property tests: how many examples, and values that no peer and no person should ever send.

`HYPOTHESIS_PROFILE=soak` tries fifty times as many.
"""

from __future__ import annotations

import os
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"


def tries(examples: int, *, steps: int = 50) -> settings:
    """Settings for a property test; `steps` is the longest run of a state machine."""
    return settings(
        max_examples=examples * (50 if SOAK else 1),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


ODD_DECIMALS = (
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "-0",
    "0",
    "-1",
    "1E+999999",
    "1E-999999",
    "-1E+30",
    "0.1234567",
)

odd_decimals = st.sampled_from(ODD_DECIMALS).map(Decimal)
"""Decimals that decode, and are no price, quantity or fee."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.sampled_from(ODD_DECIMALS)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
"""Whatever msgpack can hold."""
