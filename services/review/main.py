"""Composition root of review: settings to pages, events and jobs. Imported by nobody."""

from pathlib import Path

from services.review.domain.review import SecondApproverRule
from services.review.jobs import build_jobs, build_upkeep_jobs
from services.review.messaging import build_router
from services.review.settings import Settings
from services.review.web import CALLBACK, OidcClient, ProviderSettings, build_pages, staff_routes
from services.review.workflows import Dependencies
from services.review.workflows.restoring import own_book
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
        identity_provider=_identity_provider(settings, resources),
        second_approver=SecondApproverRule(settings.second_approver_above, settings.second_approver_for_last_mailbox),
    )
    return ServiceParts(
        router=build_router(deps),
        pages=build_pages(
            deps,
            page_settings,
            target_business_days=settings.target_business_days,
            portal_url=settings.intake_url,
        ),
        jobs=(
            *build_jobs(deps, automatic_approval=settings.automatic_approval),
            *build_upkeep_jobs(deps, contact_days=settings.contact_days, audit_years=settings.audit_years),
        ),
        operate=staff_routes(deps),
        book=own_book(deps),
    )


def _identity_provider(settings: Settings, resources: Resources) -> OidcClient | None:
    """The provider that staff may log in through, where one is configured."""
    if not settings.oidc_issuer:
        return None
    provider = ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect_uri=f"{settings.review_url.rstrip('/')}{CALLBACK}",
        login_claim=settings.oidc_login_claim,
    )
    return OidcClient(provider, resources.clock)


def main() -> None:
    """Run review as one process."""
    settings = load_settings(Settings)
    run_service("review", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
