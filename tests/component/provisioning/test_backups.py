"""Copies of the database made inside a window: they hold no clear password, and open nothing once the key is gone."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.databases import migrations_of, with_database
from deploy.local.ports import choose_ports
from deploy.local.postgres import PostgresServer, wheel_programs
from services.provisioning import workflows
from services.provisioning.domain.passwords import SealedPassword
from services.provisioning.vault import KeyDestroyed, open_passwords
from shared.kernel.local_time import TOKYO
from shared.runtime.migrations import apply_migrations
from tests.builders import a_contract, a_schedule, an_approval, an_event
from tests.canaries import Search
from tests.component.provisioning.conftest import Provisioning, opened_provisioning
from tests.conftest import NewStack
from tests.sql import execute

DATABASE = "provisioning"
ISSUED = 5


@dataclass(frozen=True, slots=True)
class Window:
    """A server of its own with five passwords that can be read now."""

    provisioning: Provisioning
    dsn: str
    data: Path
    passwords: Sequence[str]


@pytest.fixture
async def window(new_stack: NewStack, tmp_path: Path) -> AsyncIterator[Window]:
    """Inside the window of five passwords."""
    stack = new_stack()
    stack.start_parts([postgres.NAME])
    dsn = stack.state.postgres_dsn
    await execute(dsn, f"create database {DATABASE}")
    url = with_database(dsn, DATABASE)
    await apply_migrations(url, migrations_of("provisioning"))
    async with opened_provisioning(url, tmp_path) as provisioning:
        await provisioning.publish_contracts(a_contract())
        await provisioning.publish_schedules(a_schedule())
        await provisioning.approve(an_event(an_approval(add_smtp_pop3=3, add_edifact=2)))
        passwords = list((await provisioning.read_passwords()).values())
        home = Path((stack.directory / "postgres" / "home").read_text())
        yield Window(provisioning, dsn, home / "data", passwords)


async def sealed_in(url: str) -> list[SealedPassword]:
    """The sealed passwords of a database, as whoever got hold of it would read them."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("select mailbox_id, closing_day, wrapped_key, ciphertext from sealed_passwords")
    finally:
        await connection.close()
    return [SealedPassword(**row) for row in rows]


async def close_the_window(window: Window) -> None:
    window.provisioning.clock.set(datetime(2018, 11, 6, tzinfo=TOKYO))
    assert await workflows.close_windows(window.provisioning.timetable) == 1


async def opens(window: Window, seals: Sequence[SealedPassword]) -> int:
    """How many of them the day's key opens now."""
    opened = 0
    for seal in seals:
        try:
            opened += len(await open_passwords(window.provisioning.tools.key_store, [seal]))
        except KeyDestroyed:
            continue
    return opened


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Print a count where whoever runs the tests sees it."""
    with capsys.disabled():
        print(f"\n{text}")  # noqa: T201


async def test_a_dump_made_inside_the_window_opens_nothing_after_it(
    window: Window, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs, dump = wheel_programs(), tmp_path / "provisioning.sql"
    url = with_database(window.dsn, DATABASE)
    subprocess.run([str(programs / "pg_dump"), "--file", str(dump), url], check=True)  # noqa: ASYNC221
    search = Search(window.passwords)
    search.look_into("dump", [dump.read_bytes()])

    await execute(window.dsn, "create database restored")
    restored = with_database(window.dsn, "restored")
    load = [str(programs / "psql"), "--quiet", "--output", os.devnull, "--file", str(dump), restored]
    subprocess.run(load, check=True)  # noqa: ASYNC221
    seals = await sealed_in(restored)
    before = await opens(window, seals)
    await close_the_window(window)
    after = await opens(window, seals)
    tell(capsys, f"dump: {before} of {len(seals)} opened inside the window, {after} after it; {search.told()}")
    assert (len(seals), before, after) == (ISSUED, ISSUED, 0)
    assert search.hits == []


async def test_a_byte_copy_made_inside_the_window_opens_nothing_after_it(
    window: Window, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = window.data.parent / "copy"
    await copy_data(window, copy / "data")
    search = Search(window.passwords)
    search.look_through("copied data directory, WAL included", copy / "data")

    await close_the_window(window)
    search.look_through("data directory after the window", window.data)
    seals = await sealed_in_copy(window, copy)
    after = await opens(window, seals)
    tell(capsys, f"byte copy: {after} of {len(seals)} opened after the window; {search.told()}")
    assert (len(seals), after) == (ISSUED, 0)
    assert search.hits == []


async def test_the_search_of_files_would_find_a_password_kept_in_clear(window: Window) -> None:
    await window.provisioning.pool.execute("update sealed_passwords set ciphertext = $1", window.passwords[0].encode())
    await window.provisioning.pool.execute("checkpoint")
    search = Search(window.passwords)
    search.look_through("data", window.data)
    assert any(hit.startswith("data: pg_wal") for hit in search.hits)
    assert any(hit.startswith("data: base") for hit in search.hits)


async def copy_data(window: Window, target: Path) -> None:
    """A base backup of the running server: its files byte by byte, then the WAL up to the end of the copying."""
    target.parent.mkdir(mode=0o711)
    connection = await asyncpg.connect(window.dsn)
    try:
        await connection.execute("select pg_backup_start('copy', true)")
        subprocess.run(["cp", "-a", str(window.data), str(target)], check=True)  # noqa: ASYNC221
        label = await connection.fetchval("select labelfile from pg_backup_stop(false)")
        subprocess.run(["cp", "-a", f"{window.data}/pg_wal/.", str(target / "pg_wal")], check=True)  # noqa: ASYNC221
    finally:
        await connection.close()
    (target / "backup_label").write_text(label)
    shutil.copystat(target / "PG_VERSION", target / "backup_label")
    shutil.chown(target / "backup_label", (target / "PG_VERSION").stat().st_uid)
    (target / "postmaster.pid").unlink()


async def sealed_in_copy(window: Window, copy: Path) -> list[SealedPassword]:
    """What stands in the copy, asked of a server started on it."""
    server = PostgresServer(copy, copy / "postgres.log", choose_ports([postgres.NAME])[postgres.NAME])
    (copy / "home").write_text(str(copy))
    password = window.dsn.partition("://")[2].partition("@")[0].partition(":")[2]
    (copy / "password").write_text(password)
    part = server.start()
    try:
        return await sealed_in(with_database(server.dsn, DATABASE))
    finally:
        postgres.stop(part)
