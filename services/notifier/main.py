"""Composition root of notifier: settings to mailer, events and jobs. Imported by nobody."""

import asyncio
import random
import secrets
from datetime import timedelta
from functools import partial
from pathlib import Path

from services.notifier import workflows
from services.notifier.domain.addresses import checked_address
from services.notifier.domain.hooks import HookPolicy
from services.notifier.domain.mails import Letterhead
from services.notifier.domain.retry import RetryPolicy
from services.notifier.jobs import HookDispatcher, build_hook_jobs, build_jobs
from services.notifier.mailer import BounceIntake, LmtpReply, PoolLimits, Posting, SmtpMailer, SmtpServer
from services.notifier.messaging import build_router
from services.notifier.rendering import DkimSigner, InvalidSigningKey, MailTemplates, open_signer
from services.notifier.settings import Settings
from services.notifier.store import InvalidKeys, Seals
from services.notifier.web import build_hook_routes, build_operate_routes
from services.notifier.workflows import (
    BounceDesk,
    BounceTaken,
    Delivery,
    DigestDesk,
    HookDesk,
    MailDesk,
    MailPress,
    Retention,
)
from services.notifier.workflows.restoring import own_book
from shared.contracts.topics import HOOKED_TOPICS, hooks_group
from shared.runtime.group_reader import GroupReader, records_since
from shared.runtime.jobs import JobRunner
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.service_parts import CannotStart
from shared.runtime.settings import load_settings

HERE = Path(__file__).parent
TAKEN = LmtpReply(250, "2.0.0 taken")
UNKNOWN_MAIL = LmtpReply(550, "5.1.1 no such mail")


def assemble(settings: Settings, resources: Resources) -> ServiceParts:
    """Notifier out of its parts."""
    letterhead = Letterhead(
        sender=checked_address(settings.sender),
        portal_url=settings.intake_url,
        help_desk_phone=settings.help_desk_phone,
        contract_section_phone=settings.contract_section_phone,
    )
    delivery = _delivery(settings, resources)
    desk = MailDesk(resources.clock, letterhead, delivery.seals, timedelta(days=settings.told_within_days))
    retention = Retention(
        resources.pool, resources.clock, timedelta(days=settings.mail_days), timedelta(days=settings.contact_days)
    )
    jobs = build_jobs(
        delivery,
        retention,
        lanes=settings.smtp_connections,
        digest_desk=_digest_desk(settings, delivery),
        bounce_intake=_bounce_intake(settings, resources),
    )
    hook_desk = _hook_desk(settings, resources, delivery.seals)
    return ServiceParts(
        router=build_router(desk),
        jobs=jobs,
        operate=[*build_operate_routes(delivery, letterhead), *build_hook_routes(hook_desk)],
        hooks=partial(_work_for_hooks, hook_desk, settings),
        book=own_book(),
    )


def _hook_desk(settings: Settings, resources: Resources, seals: Seals) -> HookDesk:
    return HookDesk(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        seals=seals,
        posting=Posting(settings.hook_timeout_seconds, private_allowed=settings.hook_private_addresses),
        jitter=random.random,
        new_secret=secrets.token_bytes,
        policy=HookPolicy(give_up_after=timedelta(seconds=settings.hook_give_up_after_seconds)),
        kept=timedelta(days=settings.hook_log_days),
        http_allowed=settings.hook_http,
    )


async def _work_for_hooks(desk: HookDesk, settings: Settings) -> None:
    """Read, post and tidy up until cancelled."""
    reader = GroupReader(
        settings, hooks_group(settings.topic_prefix), HOOKED_TOPICS, partial(workflows.queue_posts, desk)
    )
    jobs = build_hook_jobs(desk, partial(records_since, settings, HOOKED_TOPICS))
    runner = JobRunner(jobs, pool=desk.pool, clock=desk.clock, service="notifier")
    runner.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reader.run(), name="read for hooks")
            tasks.create_task(HookDispatcher(desk).run(), name="post to hooks")
    finally:
        await runner.stop()


def _delivery(settings: Settings, resources: Resources) -> Delivery:
    try:
        seals, signer = Seals(settings.keys_dir), _signer(settings)
    except (InvalidKeys, InvalidSigningKey) as problem:
        raise CannotStart(str(problem)) from problem
    return Delivery(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        mailer=_mailer(settings),
        press=MailPress(MailTemplates(HERE / "templates"), signer, settings.bounce_port is not None),
        seals=seals,
        policy=RetryPolicy(
            most_attempts=settings.most_attempts,
            give_up_after=timedelta(seconds=settings.give_up_after_seconds),
            after_lost_reply=timedelta(seconds=settings.lost_reply_retry_seconds),
        ),
        # Jitter spreads retries; nobody gains by guessing it.
        jitter=random.random,
        mails_per_minute=settings.mails_per_minute,
    )


def _mailer(settings: Settings) -> SmtpMailer:
    password = settings.smtp_password
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        ca_file=settings.smtp_ca_file,
        timeout_seconds=settings.smtp_timeout_seconds,
    )
    return SmtpMailer(server, PoolLimits(connections=settings.smtp_connections))


def _signer(settings: Settings) -> DkimSigner | None:
    if settings.dkim_key_file is None or settings.dkim_selector is None:
        return None
    return open_signer(settings.sender.rpartition("@")[2], settings.dkim_selector, settings.dkim_key_file)


def _digest_desk(settings: Settings, delivery: Delivery) -> DigestDesk | None:
    if settings.desk_address is None:
        return None
    return DigestDesk(delivery, checked_address(settings.desk_address), settings.sender, settings.review_url)


def _bounce_intake(settings: Settings, resources: Resources) -> BounceIntake | None:
    if settings.bounce_port is None:
        return None
    desk = BounceDesk(resources.pool, resources.clock, resources.new_id)

    async def take(recipient: str, content: bytes) -> LmtpReply:
        taken = await workflows.record_bounce(desk, recipient, content)
        return UNKNOWN_MAIL if taken is BounceTaken.UNKNOWN_MAIL else TAKEN

    return BounceIntake(settings.bounce_host, settings.bounce_port, take)


def main() -> None:
    """Run notifier as one process."""
    settings = load_settings(Settings)
    run_service("notifier", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
