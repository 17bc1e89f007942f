"""Entry of one service's process: `--role all|web|worker|hooks` serves, `--migrate` applies migrations and exits."""

import argparse
import asyncio
from pathlib import Path
from typing import cast, get_args

import uvloop

from shared.contracts.topics import ServiceName
from shared.runtime.database import DatabaseUnreachable
from shared.runtime.kafka import KafkaUnreachable
from shared.runtime.logs import configure_logs, get_log
from shared.runtime.migrations import MigrationError, apply_migrations
from shared.runtime.service_parts import Assemble, CannotStart, Resources, ServiceDefinition, ServiceParts
from shared.runtime.service_process import ServiceProcess
from shared.runtime.settings import ServiceRole, ServiceSettings

__all__ = ["Assemble", "Resources", "ServiceParts", "run_service"]


def run_service(name: ServiceName, settings: ServiceSettings, migrations: Path, assemble: Assemble) -> None:
    """Run `python -m services.<name>.main --role all|web|worker|hooks`, or `--migrate` and exit.

    Ends the process non-zero with one clear line when what it needs cannot be reached in a bounded time.
    """
    arguments = _arguments(name)
    configure_logs(name)
    definition = ServiceDefinition(name, settings, migrations, assemble)
    try:
        if arguments.migrate:
            asyncio.run(_migrate(definition))
        else:
            uvloop.run(ServiceProcess(definition, cast(ServiceRole, arguments.role)).run())
    except (CannotStart, DatabaseUnreachable, KafkaUnreachable, MigrationError) as problem:
        raise SystemExit(f"{name}: {problem}") from None


def _arguments(name: ServiceName) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}.main")
    parser.add_argument("--role", choices=get_args(ServiceRole), default="all")
    parser.add_argument("--migrate", action="store_true", help="apply the service's migrations and exit")
    return parser.parse_args()


async def _migrate(definition: ServiceDefinition) -> None:
    settings = definition.settings
    url = (settings.migration_database_url or settings.database_url).get_secret_value()
    applied = await apply_migrations(url, definition.migrations)
    get_log().info("migrations applied", service=definition.name, applied=list(applied))
