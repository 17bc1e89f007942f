"""Composition root of provisioning: settings to keys, events, pages and jobs. Imported by nobody."""

import secrets
from pathlib import Path

from services.provisioning.domain.passwords import SHORT_PASSWORD
from services.provisioning.jobs import build_jobs
from services.provisioning.messaging import build_router
from services.provisioning.settings import Settings
from services.provisioning.vault import Argon2idHasher, DirectoryKeyStore, MeasuredKeyStore
from services.provisioning.web import (
    SESSION_LIFETIME,
    TICKET_PATH,
    LedgerDesk,
    NoticePages,
    build_operate_routes,
    build_pages,
)
from services.provisioning.workflows import BookKeeping, IssuingTools, LedgerWatch, NoticeDesk, Timetable
from shared.runtime.logs import get_log
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.settings import load_settings
from shared.runtime.topic_reader import KafkaTopicReader
from shared.runtime.web.pages import PageSettings, build_environment
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token

HERE = Path(__file__).parent


def assemble(settings: Settings, resources: Resources) -> ServiceParts:
    """Provisioning out of its parts."""
    if settings.password_length < SHORT_PASSWORD:
        get_log().warning("mailbox passwords are short", length=settings.password_length, advised=SHORT_PASSWORD)
    key_store = MeasuredKeyStore(DirectoryKeyStore(settings.key_dir))
    watch = LedgerWatch()
    keeping = BookKeeping(
        pool=resources.pool,
        clock=resources.clock,
        reader=KafkaTopicReader(settings),
        watch=watch,
        content_grace_days=settings.content_grace_days,
        audit_years=settings.audit_years,
    )
    tools = IssuingTools(
        clock=resources.clock,
        new_id=resources.new_id,
        key_store=key_store,
        hasher=Argon2idHasher(settings.hashing_threads),
        random_source=secrets.randbelow,
        password_length=settings.password_length,
        content_grace_days=settings.content_grace_days,
        watch=watch,
    )
    desk = NoticeDesk(resources.pool, resources.clock, resources.new_id, key_store)
    timetable = Timetable(resources.pool, resources.clock, resources.new_id, key_store, settings.content_grace_days)
    pages = _pages(settings, resources)
    router = build_router(tools)
    ledger = LedgerDesk(resources.pool, resources.clock, settings.staff_keys_dir)
    return ServiceParts(
        router=router,
        pages=build_pages(desk, pages, ledger),
        operate=build_operate_routes(keeping, router),
        jobs=build_jobs(timetable, desk, pages.sessions, keeping),
    )


def _pages(settings: Settings, resources: Resources) -> NoticePages:
    served = PageSettings("provisioning", settings.provisioning_url, foreign_post_paths=(TICKET_PATH,))
    policy = served.session_policy(idle=SESSION_LIFETIME, absolute=SESSION_LIFETIME)
    return NoticePages(
        settings=served,
        environment=build_environment(HERE / "templates"),
        sessions=Sessions(resources.pool, resources.clock, policy, new_token),
        ticket_keys_dir=settings.ticket_keys_dir,
        intake_url=settings.intake_url,
        static=HERE / "static",
    )


def main() -> None:
    """Run provisioning as one process."""
    settings = load_settings(Settings)
    run_service("provisioning", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
