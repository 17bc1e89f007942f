"""Composition root of review: settings to pages, events and jobs. Imported by nobody."""

from pathlib import Path

from services.review.domain.review import SecondApproverRule
from services.review.jobs import build_jobs
from services.review.messaging import build_router
from services.review.settings import Settings
from services.review.web import build_pages
from services.review.workflows import Dependencies
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.settings import load_settings
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token

HERE = Path(__file__).parent


def assemble(settings: Settings, resources: Resources) -> ServiceParts:
    """Review out of its parts."""
    page_settings = PageSettings("review", settings.review_url)
    deps = Dependencies(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        hasher=PasswordHasher(),
        sessions=Sessions(resources.pool, resources.clock, page_settings.session_policy(), new_token),
        staff_key_file=settings.staff_key_file,
        staff_keys_dir=settings.staff_keys_dir,
        second_approver=SecondApproverRule(settings.second_approver_above, settings.second_approver_for_last_mailbox),
    )
    return ServiceParts(
        router=build_router(deps),
        pages=build_pages(deps, page_settings, target_business_days=settings.target_business_days),
        jobs=build_jobs(deps, automatic_approval=settings.automatic_approval),
    )


def main() -> None:
    """Run review as one process."""
    settings = load_settings(Settings)
    run_service("review", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
