"""Sending as a process of its own, which a test may kill: `python -m tests.component.notifier.sending_process`."""

import argparse
import asyncio
import time
from datetime import timedelta
from pathlib import Path

from services.notifier import workflows
from services.notifier.domain.retry import RetryPolicy
from services.notifier.mailer import PoolLimits, SmtpMailer, SmtpServer
from services.notifier.rendering import MailTemplates
from services.notifier.store import Seals
from services.notifier.workflows import Delivery, MailPress
from shared.runtime.clock import SystemClock
from shared.runtime.database import open_pool
from shared.runtime.ids import new_uuid7

CLAIM = timedelta(seconds=1)
PATIENCE_SECONDS = 90.0
BATCH = 3


async def send_everything(database: str, port: int, keys: Path) -> None:
    """Until nothing waits any more."""
    pool = await open_pool(database, application_name="sending")
    delivery = Delivery(
        pool=pool,
        clock=SystemClock(),
        new_id=new_uuid7,
        mailer=SmtpMailer(SmtpServer("127.0.0.1", port, timeout_seconds=2.0), PoolLimits(connections=1)),
        press=MailPress(MailTemplates(Path("services/notifier/templates"))),
        seals=Seals(keys),
        policy=RetryPolicy(first_delay=timedelta(seconds=0.1), after_lost_reply=CLAIM),
        jitter=lambda: 0.0,
        batch_size=BATCH,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not await workflows.deliver_due_mails(delivery):
            if not await pool.fetchval("select count(*) from mails where state in ('queued', 'sending')"):
                return
            await asyncio.sleep(0.05)


def main() -> None:
    """Send until all is sent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("port", type=int)
    parser.add_argument("keys", type=Path)
    given = parser.parse_args()
    asyncio.run(send_everything(given.database, given.port, given.keys))


if __name__ == "__main__":
    main()
