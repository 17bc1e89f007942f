"""One database per service: no decision comes from a copy that lags, and nothing outlives a pooled transaction."""

import re

import pytest

from services.intake.settings import Settings as Intake
from services.notifier.settings import Settings as Notifier
from services.provisioning.settings import Settings as Provisioning
from services.review.settings import Settings as Review
from shared.runtime.settings import ServiceSettings
from tests.architecture.source_tree import name_of, python_files

OPENS = re.compile(r"asyncpg\.(connect|create_pool)\(|\bopen_pool\(|(?<!asyncio\.)\bopen_connection\(")
SESSION_BOUND = re.compile(r"pg_(try_)?advisory_lock\(|add_listener\(|create temp|with hold", re.IGNORECASE)
MAY_OPEN = {
    "shared/runtime/database.py",
    "shared/runtime/service_process.py",
    "shared/runtime/event_relay.py",
    "shared/runtime/migrations.py",
}
MAY_HOLD_A_SESSION = {"shared/runtime/event_relay.py", "shared/runtime/migrations.py"}
"""Both have an address of their own, past any pooler."""


def places(pattern: re.Pattern[str]) -> set[str]:
    """Files of the services' code in which it occurs."""
    return {name_of(path) for path in python_files("services", "shared") if pattern.search(path.read_text())}


@pytest.mark.parametrize("settings", [Intake, Review, Provisioning, Notifier])
def test_a_service_knows_one_database_and_no_copy_of_it(settings: type[ServiceSettings]) -> None:
    addresses = {name for name in settings.model_fields if "database" in name}
    assert addresses == {"database_url", "relay_database_url", "migration_database_url"}


def test_connections_are_opened_in_four_places_alone() -> None:
    assert places(OPENS) == MAY_OPEN


def test_only_what_goes_past_a_pooler_holds_on_to_its_session() -> None:
    assert places(SESSION_BOUND) == MAY_HOLD_A_SESSION
