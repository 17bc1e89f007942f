"""A service of nothing but the runtime, run like a real one: `python -m tests.component.runtime.small_service`."""

import os

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deploy.local.databases import migrations_of
from shared.runtime import migrations, worker
from shared.runtime.event_router import EventRouter
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.settings import load_settings
from tests.component.runtime.outbox_parts import ReviewSettings


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """One page."""
    await PlainTextResponse("a page")(scope, receive, send)


def assemble(_resources: Resources) -> ServiceParts:
    """A service that handles no event."""
    return ServiceParts(router=EventRouter("review"), pages=pages)


if __name__ == "__main__":
    worker.BROKER_AT_START_SECONDS = float(os.environ.get("SMALL_SERVICE_BROKER_SECONDS", "30"))
    migrations.GIVE_UP_SECONDS = float(os.environ.get("SMALL_SERVICE_DATABASE_SECONDS", "15"))
    run_service("review", load_settings(ReviewSettings), migrations_of("review"), assemble)
