"""One side of P6 as a process: `python -m tests.benchmarks.posting_server ours|bare PORT`."""

import asyncio
import json
import os
import sys
from contextlib import suppress

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from services.intake.main import assemble
from services.intake.settings import Settings
from shared.runtime.clock import SystemClock
from shared.runtime.database import Pool, open_pool
from shared.runtime.ids import new_uuid7
from shared.runtime.logs import configure_logs
from shared.runtime.service_parts import Resources
from shared.runtime.service_process import spare_the_collector
from shared.runtime.settings import load_settings

POOL_SIZE = 10
DATABASE = "BENCHMARK_DATABASE"
"""Names the database in the environment."""


class BareStore:
    """Reads the whole body, stores it with one statement in one transaction, answers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if body:
            async with self._pool.acquire() as db, db.transaction():
                await db.execute("insert into bare_posts (id, body) values ($1, $2)", new_uuid7(), json.loads(body))
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


async def serve(side: str, port: int) -> None:
    """Until the process is told to end."""
    pool = await open_pool(os.environ[DATABASE], application_name=f"benchmark-{side}", max_size=POOL_SIZE)
    config = uvicorn.Config(
        await _app(side, pool),
        http="httptools",
        ws="none",
        port=port,
        log_config=None,
        lifespan="off",
        access_log=False,
        server_header=False,
    )
    spare_the_collector()
    with suppress(asyncio.CancelledError):
        await uvicorn.Server(config).serve()
    await pool.close()


async def _app(side: str, pool: Pool) -> ASGIApp:
    if side == "bare":
        return BareStore(pool)
    pages = assemble(load_settings(Settings), Resources(pool, SystemClock(), new_uuid7)).pages
    assert pages is not None
    return pages


if __name__ == "__main__":
    configure_logs("intake")
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
