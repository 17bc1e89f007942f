"""The database server as a child: it starts, survives a kill, and as root finds a place that its account can reach."""

import asyncio
import os
import stat
from pathlib import Path

import asyncpg
import pytest

from deploy.errors import StackError
from deploy.local import postgres, processes
from deploy.local.ports import choose_ports
from deploy.local.postgres import PostgresServer
from tests.conftest import stack_folder

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server under another account")


def a_server(folder: Path) -> PostgresServer:
    return PostgresServer(folder / "postgres", folder / "postgres.log", choose_ports(["postgres"])["postgres"])


async def ask(server: PostgresServer, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_was_committed_is_there_after_a_kill_and_a_start() -> None:
    with stack_folder() as folder:
        server = a_server(folder)
        part = server.start()
        try:
            await ask(server, "create table kept as select 42 as answer")
            processes.kill_part(part)
            part = server.start()
            assert await ask(server, "select answer from kept") == 42
        finally:
            postgres.stop(part)
            server.remove_data()


async def test_the_superuser_needs_its_password_which_only_the_owner_can_read() -> None:
    with stack_folder() as folder:
        server = a_server(folder)
        part = server.start()
        try:
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")
            assert stat.S_IMODE((folder / "postgres" / "password").stat().st_mode) == 0o600
        finally:
            postgres.stop(part)
            server.remove_data()


@only_as_root
def test_below_a_closed_folder_data_and_programs_find_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with stack_folder() as folder:
        closed = [folder / "postgres", postgres.wheel_programs()]
        monkeypatch.setattr(postgres, "open_to_everybody", lambda path: path not in closed)
        server = a_server(folder)
        part = server.start()
        home = Path((folder / "postgres" / "home").read_text())
        try:
            assert asyncio.run(ask(server, "select 1")) == 1
            assert folder not in home.parents
            assert (home / "programs").is_dir()
        finally:
            postgres.stop(part)
            server.remove_data()
        assert not home.exists()


@only_as_root
def test_data_that_became_unreachable_are_told_with_the_way_out() -> None:
    with stack_folder() as folder:
        server = a_server(folder)
        postgres.stop(server.start())
        folder.chmod(0o700)
        with pytest.raises(StackError, match=r"chmod o\+x"):
            server.start()
        server.remove_data()
