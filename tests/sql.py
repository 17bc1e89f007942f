"""One statement to a database server, over a connection of its own."""

import asyncpg


async def execute(dsn: str, statement: str) -> None:
    """Outside any transaction, as `create database` demands."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
