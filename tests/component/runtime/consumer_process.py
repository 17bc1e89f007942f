"""One replica of the small service as a process: `python -m tests.component.runtime.consumer_process BOOTSTRAP PREFIX
DATABASE`; prints a line when it consumes and its counts when SIGTERM ends it."""

import asyncio
import json
import signal
import sys
from dataclasses import asdict

from tests.component.runtime.road import Replica


async def main(bootstrap: str, prefix: str, database: str) -> None:
    """Consume until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Replica(bootstrap, prefix, database, max_records=50) as replica:
        print("started", flush=True)  # noqa: T201  read by the test
        await stop.wait()
    print(json.dumps(asdict(replica.consumer.counts)), flush=True)  # noqa: T201  read by the test


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
