"""Composition root of notifier: settings to mailer, events and jobs. Imported by nobody."""

import random
from datetime import timedelta
from pathlib import Path

from services.notifier.domain.retry import RetryPolicy
from services.notifier.jobs import build_jobs
from services.notifier.mailer import SmtpMailer, SmtpServer
from services.notifier.messaging import build_router
from services.notifier.rendering import MailTemplates, Sender
from services.notifier.settings import Settings
from services.notifier.workflows import Delivery
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.settings import load_settings

HERE = Path(__file__).parent


def assemble(settings: Settings, resources: Resources) -> ServiceParts:
    """Notifier out of its parts."""
    password = settings.smtp_password
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        timeout_seconds=settings.smtp_timeout_seconds,
    )
    delivery = Delivery(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        mailer=SmtpMailer(server, settings.smtp_connections),
        templates=MailTemplates(HERE / "templates"),
        sender=Sender(settings.sender, settings.intake_url),
        policy=RetryPolicy(
            most_attempts=settings.most_attempts,
            after_lost_reply=timedelta(seconds=settings.lost_reply_retry_seconds),
        ),
        # Jitter spreads retries; nobody gains by guessing it.
        jitter=random.random,
    )
    return ServiceParts(router=build_router(resources.clock), jobs=build_jobs(delivery))


def main() -> None:
    """Run notifier as one process."""
    settings = load_settings(Settings)
    run_service("notifier", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
