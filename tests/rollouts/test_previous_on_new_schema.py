"""A roll-out brings the schema first: the release before passes its own component tests on the schema of this one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.images.previous import unpack
from deploy.local.databases import migrations_of
from deploy.local.environment import CHECKOUT
from shared.contracts.topics import SERVICES, ServiceName
from tests.architecture.expand_only import breaches
from tests.conftest import Report
from tests.rollouts.conftest import revision_before

MOST_SECONDS = 1800
ADDED = "alter table {} add column added_meanwhile text not null default ''"
"""Ahead of what this release brings: so there is always something that the release before does not know."""
TABLES: Mapping[ServiceName, str] = {
    "intake": "applications",
    "review": "reviews",
    "provisioning": "mailboxes",
    "notifier": "mails",
}
BREAKING: Mapping[ServiceName, str] = {
    "intake": "alter table applications drop column start_date_note",
    "review": "alter table reviews drop column opened_at",
    "provisioning": "alter table mailboxes drop column abolition_receipt_number",
    "notifier": "alter table mails drop column role",
}

pytestmark = pytest.mark.full


class Before:
    """The whole tree of the release before, its service with the migrations of this one."""

    def __init__(self, service: ServiceName, folder: Path) -> None:
        self.service, self.folder = service, folder
        unpack(revision_before(service), folder)
        (folder / ".venv").symlink_to(sys.prefix)
        own = {path.name for path in self._migrations.glob("*.sql")}
        shutil.copytree(migrations_of(service), self._migrations, dirs_exist_ok=True)
        self.brought = sorted({path.name for path in self._migrations.glob("*.sql")} - own)

    @property
    def _migrations(self) -> Path:
        return self.folder / migrations_of(self.service).relative_to(CHECKOUT.folder)

    def migrate_too(self, sql: str) -> None:
        """One more file, after all others."""
        (self._migrations / "9999_one_more.sql").write_text(sql, encoding="utf-8")

    def test(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its component tests, with servers of their own."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            f"tests/component/{self.service}",
            "-m",
            "not full",
            "-q",
            *arguments,
        ]
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("NSS_", "PYTHON"))}
        return subprocess.run(command, cwd=self.folder, env=inherited, capture_output=True, text=True,
                              timeout=MOST_SECONDS, check=False)  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_the_release_before_passes_its_tests_on_the_schema_of_this_one(
    service: ServiceName, tmp_path: Path, report: Report
) -> None:
    before = Before(service, tmp_path / "tree")
    addition = ADDED.format(TABLES[service])
    before.migrate_too(addition)
    done = before.test()
    if done.returncode:
        # Some tests look at the time they take: what fails twice fails.
        done = before.test("--last-failed")
    last_words = done.stdout.strip().splitlines()[-1]
    report(new_migrations=before.brought or "none: the schema is the same", outcome=last_words)
    assert breaches(addition) == []
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("service", SERVICES)
def test_a_schema_that_takes_something_away_is_seen_and_was_refused_before(
    service: ServiceName, tmp_path: Path, report: Report
) -> None:
    before = Before(service, tmp_path / "tree")
    before.migrate_too(BREAKING[service])
    done = before.test("--exitfirst")
    report(outcome=done.stdout.strip().splitlines()[-1])
    assert done.returncode == 1, done.stdout[-3000:]
    assert "UndefinedColumn" in done.stdout
    assert [breach.reason for breach in breaches(BREAKING[service])] == ["old code names this column"]
