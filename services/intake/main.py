"""Composition root of intake: settings to pages, events and jobs. Imported by nobody."""

from pathlib import Path

from services.intake.documents import DocumentPrinter, FontsMissing, find_fonts
from services.intake.domain.office_facts import FormRules
from services.intake.domain.retention import Retention
from services.intake.jobs import build_jobs
from services.intake.messaging import build_router
from services.intake.rendering import build_page_environment
from services.intake.settings import Settings
from services.intake.web import build_pages
from services.intake.web.operate import OperatorOrders
from services.intake.workflows.dependencies import Dependencies
from services.intake.workflows.desk import PostingDesk
from services.intake.workflows.restoring import own_book
from shared.runtime.service import Resources, ServiceParts, run_service
from shared.runtime.service_parts import CannotStart
from shared.runtime.settings import load_settings
from shared.runtime.web.csrf import origin_of
from shared.runtime.web.maintenance import Maintenance
from shared.runtime.web.pages import PageSettings
from shared.runtime.web.passwords import PasswordHasher
from shared.runtime.web.request_limits import RequestLimit
from shared.runtime.web.sessions import Sessions
from shared.runtime.web.tokens import new_token

HERE = Path(__file__).parent


def assemble(settings: Settings, resources: Resources) -> ServiceParts:
    """Intake out of its parts."""
    pages = PageSettings(
        service="intake",
        base_url=settings.intake_url,
        form_action_origins=(origin_of(settings.provisioning_url),),
        own_scripts=True,
    )
    printer = _document_printer(settings)
    rules = FormRules(printer.find_unprintable, settings.draft_business_days, settings.applications_per_hour)
    intake = Dependencies(
        pool=resources.pool,
        clock=resources.clock,
        new_id=resources.new_id,
        sessions=Sessions(resources.pool, resources.clock, pages.session_policy(), new_token),
        hasher=PasswordHasher(),
        environment=build_page_environment(),
        pages=pages,
        provisioning_url=settings.provisioning_url,
        ticket_key_file=settings.ticket_key_file,
        staff_keys_dir=settings.staff_keys_dir,
        printer=printer,
        form_rules=rules,
        desk=PostingDesk(resources.pool, resources.clock, resources.new_id, rules),
        post_limit=RequestLimit(settings.posts_per_hour),
        maintenance=Maintenance(settings.maintenance_file, resources.clock),
        retention=Retention(settings.contact_retention_days, settings.audit_retention_years, settings.mail_days),
    )
    return ServiceParts(
        router=build_router(intake),
        pages=build_pages(intake),
        jobs=build_jobs(intake),
        operate=OperatorOrders(intake).routes(),
        book=own_book(),
    )


def _document_printer(settings: Settings) -> DocumentPrinter:
    try:
        return DocumentPrinter(find_fonts(settings.fonts_dir))
    except FontsMissing as missing:
        raise CannotStart(str(missing)) from None


def main() -> None:
    """Run intake as one process."""
    settings = load_settings(Settings)
    run_service("intake", settings, HERE / "migrations", lambda resources: assemble(settings, resources))


if __name__ == "__main__":
    main()
