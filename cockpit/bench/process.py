"""What a process costs, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process, MB of 10^6 bytes. Raises `OSError` where it has gone."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1_000_000
    raise OSError(f"process {pid} has no resident memory: it has ended")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, all its threads, user and system, seconds."""
    # The name in the second field may hold anything; what follows its last bracket does not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
