"""What a service hands to the runtime and gets from it: the words in which one is assembled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from shared.contracts.topics import ServiceName
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.event_router import EventRouter
from shared.runtime.ids import NewId
from shared.runtime.jobs import Job
from shared.runtime.recall.book import OwnBook
from shared.runtime.settings import ServiceSettings


class CannotStart(RuntimeError):
    """The process cannot run here; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the runtime opens before a service is assembled."""

    pool: Pool
    clock: Clock
    new_id: NewId


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What a service hands to the runtime.

    `pages` is mounted at `/`, beside the probes; None where there are none. `operate` are the service's own routes
    under `/operate/v1`, in every role.
    """

    router: EventRouter
    pages: ASGIApp | None = None
    jobs: Sequence[Job] = ()
    operate: Sequence[BaseRoute] = ()
    hooks: Callable[[], Awaitable[None]] | None = None
    """Endless work of the role `hooks`, apart from consumer, relay and jobs."""
    book: OwnBook | None = None
    """How a restored database is repaired from the topics; None where the service sees to that itself."""


Assemble = Callable[[Resources], ServiceParts]


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """One service, ready to be run in any role."""

    name: ServiceName
    settings: ServiceSettings
    migrations: Path
    assemble: Assemble
