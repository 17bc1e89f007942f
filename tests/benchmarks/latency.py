"""From accepted to readable: how long an applicant waits for a password when the policy approves on sight. Open loop.

The load is a share of what the system could bear, and with hashing that is what two threads can hash.
Applications come at instants fixed beforehand, at random and one transaction each, whether or not earlier ones are
through; the wait counts from the instant intended. Passwords are hashed as in production. A password is readable when
its sealed form is committed; afterwards each is opened with its key, so that a wait for nothing cannot count.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from services.provisioning import store as provisioning_store
from services.provisioning import vault
from services.provisioning.domain.passwords import MailboxPassword
from shared.kernel.identifiers import ReceiptNumber
from shared.runtime.database import open_connection, open_pool, transaction
from tests.benchmarks.ground import NAME, Field, Ground, write_submitted
from tests.benchmarks.measuring import Size, check_books, submit
from tests.benchmarks.ours import running_services
from tests.benchmarks.outcome import await_end, await_rest, connect
from tests.benchmarks.workload import Submitted, Workload

LOOK_EVERY_SECONDS = 0.004
PATIENCE_SECONDS = 60.0
CONNECTIONS = 4
CEILING_HASHES, CEILING_SAMPLE = 60, 500


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds waited, in the order of the intended instants."""

    seconds: Sequence[float]

    def percentile(self, share: float) -> float:
        """The wait that this share of applicants does not exceed, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000

    def windows(self, count: int) -> list["Waits"]:
        """Cut into that many consecutive parts."""
        size = max(len(self.seconds) // count, 1)
        return [Waits(self.seconds[first : first + size]) for first in range(0, size * count, size)]


async def hashed_applications_per_second(workload: Workload) -> float:
    """How many applications the bare hasher could serve: the ceiling of everything that hashes."""
    sample = workload.submit(0, min(CEILING_SAMPLE, len(workload.contracts)), datetime.now(UTC))
    changes = [each.event.data.mailbox_change for each in sample]
    per_application = sum(change.add_smtp_pop3 for change in changes if change) / len(sample)
    began = time.monotonic()
    await vault.Argon2idHasher().hash_all([MailboxPassword("K7RM2QXB9TWJ4HPC")] * CEILING_HASHES)
    return CEILING_HASHES / (time.monotonic() - began) / per_application


async def measure_waits(ground: Ground, workload: Workload, size: Size, rate: float) -> Waits:
    """That many applications at `rate` per second on average."""
    async with ground.field() as field:
        with TemporaryDirectory(prefix="nss-bench-") as folder:
            async with running_services(field, Path(folder), ["--hash"]):
                looking = await connect(field)
                await submit(field, workload, 0, size.warm_up)
                await await_end(looking, size.warm_up, seconds=PATIENCE_SECONDS)
                waits = await _open_loop(field, workload, size, rate)
                await await_end(looking, size.total, seconds=PATIENCE_SECONDS)
                await await_rest(field, seconds=PATIENCE_SECONDS)
                for connection in looking.values():
                    await connection.close()
            await _open_every_password(field, Path(folder) / "keys" / "days")
        await check_books(field)
    return waits


async def _open_loop(field: Field, workload: Workload, size: Size, rate: float) -> Waits:
    chance = random.Random(int(rate))  # noqa: S311  a repeatable load, not a secret
    due = [0.0]
    for _ in range(size.applications - 1):
        due.append(due[-1] + chance.expovariate(rate))
    prepared = workload.submit(size.warm_up, size.applications, datetime.now(UTC))
    began = time.monotonic()
    intended = {each.event.data.receipt_number: began + at for each, at in zip(prepared, due, strict=True)}
    sending = asyncio.create_task(_send(field, prepared, intended))
    readable = await _watch(field, intended)
    await sending
    return Waits([readable[number] - instant for number, instant in intended.items()])


async def _send(field: Field, prepared: Sequence[Submitted], intended: dict[ReceiptNumber, float]) -> None:
    pool = await open_pool(field.databases["intake"], application_name=NAME, max_size=CONNECTIONS)

    async def send(each: Submitted) -> None:
        await asyncio.sleep(max(intended[each.event.data.receipt_number] - time.monotonic(), 0))
        async with transaction(pool) as db:
            await write_submitted(db, [each])

    try:
        await asyncio.gather(*(send(each) for each in prepared))
    finally:
        await pool.close()


async def _watch(field: Field, intended: dict[ReceiptNumber, float]) -> dict[ReceiptNumber, float]:
    """When each application's passwords were first seen committed."""
    db = await asyncpg.connect(field.databases["provisioning"])
    readable: dict[ReceiptNumber, float] = {}
    deadline = max(intended.values()) + PATIENCE_SECONDS
    try:
        while len(readable) < len(intended) and time.monotonic() < deadline:
            now = time.monotonic()
            asked = [number for number, at in intended.items() if at <= now and number not in readable]
            rows = await db.fetch("select receipt_number from issues where receipt_number = any($1::text[])", asked)
            seen = time.monotonic()
            readable |= {row["receipt_number"]: seen for row in rows}
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    finally:
        await db.close()
    return readable


async def _open_every_password(field: Field, day_keys: Path) -> None:
    """Raises what the vault raises when one cannot be opened."""
    db = await open_connection(field.databases["provisioning"], application_name=NAME)
    try:
        rows = await db.fetch("select receipt_number from issues")
        store = vault.DirectoryKeyStore(day_keys)
        for row in rows:
            sealed = await provisioning_store.find_sealed_passwords(db, row["receipt_number"])
            opened = await vault.open_passwords(store, sealed)
            assert len(opened) == len(sealed) > 0
    finally:
        await db.close()
