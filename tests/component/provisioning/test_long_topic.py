"""A topic that has grown for years is compared with the ledger in the memory that one part of it takes."""

import json
import subprocess
import sys
from typing import Any

import pytest

RECORDS, PART = 200_000, 20_000
MOST_MIB = 40.0
"""For a part; the whole of it at once takes more than twice as much."""


def measured(dsn: str, part_records: int) -> dict[str, Any]:
    """What the comparison took, in a process of its own: a process never gives its highest mark back."""
    command = [sys.executable, "-m", "tests.benchmarks.ledger_verification"]
    told = subprocess.run(
        [*command, "--records", str(RECORDS), "--part", str(part_records)],
        env={"NSS_POSTGRES_DSN": dsn}, capture_output=True, text=True, check=True, timeout=500,
    )  # fmt: skip
    return dict(json.loads(told.stdout))


@pytest.mark.full
def test_memory_does_not_grow_with_the_topic(postgres_dsn: str) -> None:
    in_parts, at_once = measured(postgres_dsn, PART), measured(postgres_dsn, 1_000_000_000)
    assert (in_parts["records"], in_parts["findings"]) == (RECORDS, 0)
    assert in_parts["peak_growth_mib"] < MOST_MIB < at_once["peak_growth_mib"]
