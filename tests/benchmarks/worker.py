"""One of our services as a worker process of the benchmark: the real one, but for the parts that would hide the rest.

`python -m tests.benchmarks.worker review`. No mail leaves, review's policy decides on sight, and unless `--hash` is
given no password is hashed. `--one-by-one` makes every batch a batch of one.
"""

import argparse
import asyncio
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvloop

from deploy.local.databases import migrations_of
from services.intake import main as intake
from services.intake.settings import Settings as IntakeSettings
from services.notifier.domain.mails import Letterhead
from services.notifier.domain.retry import Accepted, RetryPolicy, SendOutcome
from services.notifier.jobs import build_jobs as build_notifier_jobs
from services.notifier.messaging import build_router as build_notifier_router
from services.notifier.rendering import MailTemplates
from services.notifier.settings import Settings as NotifierSettings
from services.notifier.store import Seals
from services.notifier.workflows import Delivery, MailDesk, MailPress, Retention
from services.provisioning import main as provisioning
from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.messaging import build_router as build_provisioning_router
from services.provisioning.settings import Settings as ProvisioningSettings
from services.provisioning.vault import Argon2idHasher, DirectoryKeyStore
from services.provisioning.workflows import IssuingTools, LedgerWatch
from services.review import main as review
from services.review import workflows as review_workflows
from services.review.settings import Settings as ReviewSettings
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime import consumer
from shared.runtime.database import transaction
from shared.runtime.jobs import Job
from shared.runtime.logs import configure_logs
from shared.runtime.service_parts import Resources, ServiceDefinition, ServiceParts
from shared.runtime.service_process import ServiceProcess
from shared.runtime.settings import ServiceSettings, load_settings

POLICY_BATCH = 500
POLICY_EVERY_SECONDS = 0.01
MAIL_BATCH = 50
NO_HASH = "{ARGON2ID}$argon2id$none"
LAG_EVERY_SECONDS = 0.005
LAG_FILE = "lags.json"
FOLDER = "BENCHMARK_FOLDER"
"""Names the folder of the run in a worker's environment."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How this worker differs from the one in production, beside the mails that do not leave."""

    one_by_one: bool = False
    hashes: bool = False


class NullHasher:
    """Costs nothing, so that the rest can be measured."""

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """The same text for each."""
        return [NO_HASH] * len(passwords)


class NullMailer:
    """A mail server that accepts at once."""

    async def is_ready(self) -> bool:
        """Always."""
        return True

    async def send_mail(self, *mail: object) -> SendOutcome:
        """Accepted."""
        return Accepted()


def assemble_intake(settings: Any, resources: Resources, _variant: Variant) -> ServiceParts:
    """Intake as it is."""
    return intake.assemble(settings, resources)


def assemble_review(settings: Any, resources: Resources, variant: Variant) -> ServiceParts:
    """Review with its policy switched on and quick to look."""
    batch = 1 if variant.one_by_one else POLICY_BATCH

    async def approve_oldest() -> int:
        async with transaction(resources.pool) as db:
            return await review_workflows.approve_oldest(db, batch, resources.clock.now(), resources.new_id)

    parts = review.assemble(settings, resources)
    return replace(parts, jobs=[*parts.jobs, Job("approve_oldest", approve_oldest, POLICY_EVERY_SECONDS)])


def assemble_provisioning(settings: Any, resources: Resources, variant: Variant) -> ServiceParts:
    """Provisioning with or without its hasher."""
    tools = IssuingTools(
        clock=resources.clock,
        new_id=resources.new_id,
        key_store=DirectoryKeyStore(settings.key_dir),
        hasher=Argon2idHasher(settings.hashing_threads) if variant.hashes else NullHasher(),
        random_source=secrets.randbelow,
        password_length=settings.password_length,
        watch=LedgerWatch(is_current=True),
    )
    return replace(provisioning.assemble(settings, resources), router=build_provisioning_router(tools))


def assemble_notifier(settings: Any, resources: Resources, variant: Variant) -> ServiceParts:
    """Notifier without a mail server."""
    letterhead = Letterhead(
        settings.sender, settings.intake_url, settings.help_desk_phone, settings.contract_section_phone
    )
    seals = Seals(settings.keys_dir)
    delivery = Delivery(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        mailer=NullMailer(),
        press=MailPress(MailTemplates(migrations_of("notifier").parent / "templates")),
        seals=seals,
        policy=RetryPolicy(most_attempts=1),
        jitter=lambda: 0.0,
        batch_size=1 if variant.one_by_one else MAIL_BATCH,
    )
    desk = MailDesk(resources.clock, letterhead, seals)
    jobs = build_notifier_jobs(delivery, Retention(resources.pool, resources.clock), lanes=settings.smtp_connections)
    return ServiceParts(router=build_notifier_router(desk), jobs=jobs)


Assemble = Callable[[Any, Resources, Variant], ServiceParts]
SERVICE: Mapping[ServiceName, tuple[type[ServiceSettings], Assemble]] = {
    "intake": (IntakeSettings, assemble_intake),
    "review": (ReviewSettings, assemble_review),
    "provisioning": (ProvisioningSettings, assemble_provisioning),
    "notifier": (NotifierSettings, assemble_notifier),
}


def main() -> None:
    """Run one worker until it is told to stop."""
    arguments = _arguments()
    name: ServiceName = arguments.service
    variant = Variant(arguments.one_by_one, arguments.hash)
    if variant.one_by_one:
        consumer.MAX_RECORDS = dict.fromkeys(SERVICES, 1)
    configure_logs(name)
    settings_class, assemble = SERVICE[name]
    settings = load_settings(settings_class)
    migrations: Path = migrations_of(name)
    definition = ServiceDefinition(name, settings, migrations, lambda resources: assemble(settings, resources, variant))
    process = ServiceProcess(definition, "worker")
    uvloop.run(_watched(process) if arguments.lag else process.run())


async def _watched(process: ServiceProcess) -> None:
    """Run, and write down how late the loop came round each time: instant (monotonic), seconds, and how much of the
    turn the loop's own thread was at work, in seconds of processor time. The rest of a lateness is the machine's.
    """
    lags: list[tuple[float, float, float]] = []

    async def watch() -> None:
        while True:
            due, worked = time.monotonic() + LAG_EVERY_SECONDS, time.thread_time()
            await asyncio.sleep(LAG_EVERY_SECONDS)
            lags.append((due, max(time.monotonic() - due, 0.0), time.thread_time() - worked))

    watching = asyncio.create_task(watch())
    try:
        await process.run()
    finally:
        watching.cancel()
        (Path(os.environ[FOLDER]) / LAG_FILE).write_text(json.dumps(lags))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.worker")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--one-by-one", action="store_true", help="batches of one record")
    parser.add_argument("--hash", action="store_true", help="hash mailbox passwords as in production")
    parser.add_argument(
        "--lag", action="store_true", help=f"write the loop's lag to {LAG_FILE} in the folder of the run"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
