"""Migrations on a real PostgreSQL: order, changed files, runners at the same moment, and what a failure leaves."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.databases import migrations_of, with_database
from shared.contracts.topics import SERVICES, ServiceName
from shared.runtime.database import open_connection
from shared.runtime.migrations import MigrationError, apply_migrations, pending_migrations


@pytest.fixture
async def empty_database(postgres_dsn: str) -> AsyncIterator[str]:
    """URL of a database without a table."""
    name = f"nss_test_empty_{secrets.token_hex(5)}"
    admin = await asyncpg.connect(postgres_dsn)
    await admin.execute(f'create database "{name}"')
    yield with_database(postgres_dsn, name)
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations, of which the second needs the first."""
    (tmp_path / "0001_create_boxes.sql").write_text("create table boxes (id bigint primary key);\n")
    (tmp_path / "0002_fill_boxes.sql").write_text("insert into boxes values (1);\ninsert into boxes values (2);\n")
    return tmp_path


async def value(url: str, query: str) -> object:
    """One value of the database."""
    db = await open_connection(url, application_name="test")
    try:
        return await db.fetchval(query)
    finally:
        await db.close()


async def pending(url: str, folder: Path) -> list[str]:
    """What a service would find missing."""
    db = await open_connection(url, application_name="test")
    try:
        return list(await pending_migrations(db, folder))
    finally:
        await db.close()


async def test_missing_files_are_applied_in_order_and_once(empty_database: str, folder: Path) -> None:
    assert await pending(empty_database, folder) == ["0001_create_boxes.sql", "0002_fill_boxes.sql"]
    assert await apply_migrations(empty_database, folder) == ["0001_create_boxes.sql", "0002_fill_boxes.sql"]
    assert await apply_migrations(empty_database, folder) == []
    assert await value(empty_database, "select count(*) from boxes") == 2
    (folder / "0003_more.sql").write_text("insert into boxes values (3)")
    assert await pending(empty_database, folder) == ["0003_more.sql"]
    assert await apply_migrations(empty_database, folder) == ["0003_more.sql"]


async def test_a_file_changed_after_it_was_applied_is_refused(empty_database: str, folder: Path) -> None:
    await apply_migrations(empty_database, folder)
    (folder / "0001_create_boxes.sql").write_text("create table boxes (id bigint);\n")
    with pytest.raises(MigrationError, match=r"0001_create_boxes\.sql was changed after"):
        await apply_migrations(empty_database, folder)
    with pytest.raises(MigrationError, match=r"0001_create_boxes\.sql was changed after"):
        await pending(empty_database, folder)


async def test_a_failing_file_leaves_nothing_and_can_be_tried_again(empty_database: str, folder: Path) -> None:
    broken = folder / "0003_broken.sql"
    broken.write_text("create table half (id int);\nselect no_such_column from boxes;\n")
    with pytest.raises(MigrationError, match=r"0003_broken\.sql failed"):
        await apply_migrations(empty_database, folder)
    assert await value(empty_database, "select to_regclass('half')") is None
    assert await value(empty_database, "select count(*) from schema_migrations") == 2
    broken.write_text("create table half (id int);\n")
    assert await apply_migrations(empty_database, folder) == ["0003_broken.sql"]


async def test_a_file_and_its_entry_are_one_transaction(empty_database: str, folder: Path) -> None:
    await apply_migrations(empty_database, folder)
    (folder / "0003_hide_the_book.sql").write_text("alter table schema_migrations rename to elsewhere;\n")
    with pytest.raises(MigrationError, match="schema_migrations"):
        await apply_migrations(empty_database, folder)
    assert await value(empty_database, "select count(*) from schema_migrations") == 2


async def test_five_runners_at_once_apply_each_file_once(empty_database: str, folder: Path) -> None:
    applied = await asyncio.gather(*(apply_migrations(empty_database, folder) for _ in range(5)))
    assert sorted(len(names) for names in applied) == [0, 0, 0, 0, 2]
    assert await value(empty_database, "select count(*) from boxes") == 2


async def test_a_marked_file_runs_outside_a_transaction(empty_database: str, folder: Path) -> None:
    statement = "create index concurrently boxes_id on boxes (id);\n"
    (folder / "0003_index.sql").write_text(statement)
    with pytest.raises(MigrationError, match="cannot run inside a transaction block"):
        await apply_migrations(empty_database, folder)
    (folder / "0003_index.sql").write_text(f"-- transactional: false\n{statement}")
    assert await apply_migrations(empty_database, folder) == ["0003_index.sql"]


async def test_a_locked_table_makes_the_migration_give_up_soon(
    empty_database: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.migrations.WAIT_FOR_TABLE", "200ms")
    await apply_migrations(empty_database, folder)
    (folder / "0003_alter.sql").write_text("alter table boxes add column name text")
    holder = await open_connection(empty_database, application_name="test")
    try:
        async with holder.transaction():
            await holder.execute("select * from boxes")
            with pytest.raises(MigrationError, match="lock timeout"):
                await apply_migrations(empty_database, folder)
    finally:
        await holder.close()


@pytest.mark.parametrize("name", ["1_short.sql", "0003-dashes.sql", "0002_second_two.sql"])
async def test_misnamed_or_doubled_numbers_are_refused(empty_database: str, folder: Path, name: str) -> None:
    (folder / name).write_text("select 1")
    with pytest.raises(MigrationError, match=r"named NNNN_words|used twice"):
        await apply_migrations(empty_database, folder)


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_of_each_service_apply_to_an_empty_database(empty_database: str, service: ServiceName) -> None:
    folder = migrations_of(service)
    assert await apply_migrations(empty_database, folder)
    assert await pending(empty_database, folder) == []


def test_the_event_tables_are_the_same_in_every_service() -> None:
    texts = {(migrations_of(service) / "0001_create_event_tables.sql").read_text() for service in SERVICES}
    assert len(texts) == 1
