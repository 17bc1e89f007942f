"""A migration adds: the release before it goes on working on the new schema."""

from collections.abc import Mapping

import pytest

from deploy.local.databases import migrations_of
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.migrations import read_migrations
from tests.architecture.expand_only import KEPT, breaches

FIRST_RELEASE: Mapping[ServiceName, str] = {
    "intake": "0042",
    "review": "0040",
    "provisioning": "0040",
    "notifier": "0040",
}
"""Number of the last file of the first release: nothing ran on what stood before."""

ALLOWED = [
    "create table visits (id uuid primary key, at timestamptz not null)",
    "create table visits (id uuid); create unique index on visits (id); alter table visits add check (id > 0)",
    "alter table reviews add column note text",
    "alter table reviews add column note text not null default ''",
    "alter table reviews add column size numeric(4, 2) not null default 0, add column note text",
    "alter table reviews alter column note drop not null",
    "alter table reviews drop constraint reviews_state_check",
    "alter table reviews add constraint reviews_note check (note <> '') not valid",
    "alter table reviews validate constraint reviews_note",
    "-- transactional: false\ncreate index concurrently reviews_note on reviews (note)",
    "update reviews set note = '' where id = 1",
    "drop index reviews_note",
    "drop trigger reviews_watch on reviews",
    "grant select on reviews to auditor",
    "insert into words values ('drop table; rename')",
    "comment on table reviews is 'truncate'",
    "create function f() returns void language plpgsql as $$ begin delete from reviews; end $$",
    f"{KEPT} no release has ever written it\nalter table reviews drop column note",
]
REFUSED = [
    ("drop table reviews", "old code may use it"),
    ("drop view open_reviews", "old code may use it"),
    ("alter table reviews drop column note", "names this column"),
    ("alter table reviews drop note", "names this column"),
    ("alter table reviews add column a text, drop column note", "names this column"),
    ("alter table reviews rename column note to remark", "old name"),
    ("alter table reviews rename to cases", "old name"),
    ("alter table reviews alter column note type varchar(9)", "old type"),
    ("alter table reviews alter note set data type varchar(9)", "old type"),
    ("alter table reviews alter column note set not null", "leave it out"),
    ("alter table reviews alter column note drop default", "leaves it out"),
    ("alter table reviews add column note text not null", "does not fill it"),
    ("alter table reviews add column size numeric(4, 2) default 0, add column note text not null", "does not fill it"),
    ("alter table reviews add constraint note_given check (note <> '')", "not valid"),
    ("alter table reviews add foreign key (office) references offices (code)", "not valid"),
    ("alter table reviews add unique (number)", "not valid"),
    ("create index reviews_note on reviews (note)", "nobody can write"),
    ("create unique index concurrently reviews_number on reviews (number)", "what it refuses"),
    ("truncate reviews", "takes away"),
    ("revoke select on reviews from auditor", "the right"),
    ("update reviews set note = ''", "in portions"),
    ("DELETE FROM reviews", "in portions"),
    (f"{KEPT} the first only\ndrop table a; drop table b", "old code may use it"),
]


@pytest.mark.parametrize("service", SERVICES)
def test_the_release_before_works_on_the_schema_of_the_next(service: ServiceName) -> None:
    later = [each for each in read_migrations(migrations_of(service)) if each.name[:4] > FIRST_RELEASE[service]]
    assert {each.name: found for each in later if (found := breaches(each.sql))} == {}


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_only_adds_or_loosens_is_allowed(sql: str) -> None:
    assert breaches(sql) == []


@pytest.mark.parametrize(("sql", "reason"), REFUSED)
def test_what_the_release_before_would_notice_is_refused_with_its_reason(sql: str, reason: str) -> None:
    [breach] = breaches(sql)
    assert reason in breach.reason
