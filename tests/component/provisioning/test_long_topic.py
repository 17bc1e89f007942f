"""A topic that has grown for years is compared with the ledger in the memory that one part of it takes."""

import json
import subprocess
import sys

import pytest

RECORDS, PART = 200_000, 20_000
MOST_MIB = 20.0
"""For a part; the whole topic at once would take some 60."""


@pytest.mark.full
def test_memory_does_not_grow_with_the_topic(postgres_dsn: str) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.ledger_verification"]
    told = subprocess.run(
        [*command, "--records", str(RECORDS), "--part", str(PART)],
        env={"NSS_POSTGRES_DSN": postgres_dsn}, capture_output=True, text=True, check=True, timeout=500,
    )  # fmt: skip
    figures = json.loads(told.stdout)
    assert (figures["records"], figures["findings"]) == (RECORDS, 0)
    assert figures["peak_growth_mib"] < MOST_MIB
