"""How quiet the machine is: load, pressure on its processors, and what one flush to disk costs."""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

PROBES = 50
BLOCK = bytes(4096)
PRESSURE = Path("/proc/pressure/cpu")


@dataclass(frozen=True, slots=True)
class Noise:
    """One look at the machine. `pressure` is the share of the last 10 s in which somebody waited for a processor."""

    load: float
    pressure: float | None
    flush_ms: float

    def __str__(self) -> str:
        pressure = "unknown" if self.pressure is None else f"{self.pressure:.0f} %"
        return f"load {self.load:.1f}, processor pressure {pressure}, flush {self.flush_ms:.2f} ms"


def look_at_machine() -> Noise:
    """Takes about 50 flushes."""
    return Noise(os.getloadavg()[0], _pressure(), _flush_ms())


def _pressure() -> float | None:
    """From `some avg10=1.23 …`; None where the kernel does not tell."""
    try:
        first = PRESSURE.read_text().split()[1]
    except (OSError, IndexError):
        return None
    return float(first.removeprefix("avg10="))


def _flush_ms() -> float:
    spent = []
    with TemporaryFile() as file:
        for _ in range(PROBES):
            began = time.monotonic()
            file.write(BLOCK)
            file.flush()
            os.fdatasync(file.fileno())
            spent.append(time.monotonic() - began)
    return statistics.median(spent) * 1000
