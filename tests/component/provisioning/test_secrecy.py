"""No password stands anywhere in clear: not in any table, not in the outbox, not in what the process prints."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from services.provisioning import workflows
from services.provisioning.domain.passwords import MailboxPassword
from services.provisioning.vault import Argon2idHasher
from shared.kernel.identifiers import MailboxId
from shared.kernel.local_time import TOKYO
from tests.builders import RECEIPT, an_approval, an_event
from tests.canaries import Search
from tests.component.provisioning.conftest import VISITOR, Provisioning


@dataclass
class ListeningHasher:
    """The real hasher, with an ear for the passwords that a test must look for."""

    heard: list[str] = field(default_factory=list)
    hasher: Argon2idHasher = field(default_factory=Argon2idHasher)

    async def hash_all(self, passwords: Sequence[MailboxPassword]) -> list[str]:
        """As the real one."""
        self.heard += [password.reveal() for password in passwords]
        return await self.hasher.hash_all(passwords)


async def dump(provisioning: Provisioning) -> str:
    """Every row of every table as text; outbox payloads and other bytes also decoded where they are text."""
    tables = await provisioning.rows(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    lines: list[str] = []
    for (table,) in tables:
        lines += [row[0] for row in await provisioning.rows(f'select t::text from "{table}" as t')]  # noqa: S608
    payloads = await provisioning.pool.fetch("select payload from event_outbox")
    return "\n".join([*lines, *(row["payload"].decode() for row in payloads)])


async def live_through_a_window(provisioning: Provisioning, hasher: ListeningHasher) -> list[str]:
    """Issue three passwords, look at them, start the service; returns a dump after each step."""
    dumps = []
    tools = replace(provisioning.tools, hasher=hasher)
    await provisioning.approve(an_event(an_approval(add_smtp_pop3=2, add_edifact=1)), tools=tools)
    dumps.append(await dump(provisioning))
    await workflows.view_id_notice(provisioning.desk, RECEIPT, VISITOR)
    mailboxes = [MailboxId(f"NAC0010{number}") for number in (2, 3, 4)]
    shown = await workflows.reveal_id_notice(provisioning.desk, RECEIPT, VISITOR, mailboxes)
    assert shown is not None
    assert sorted(row.password.reveal() for row in shown.rows if row.password) == sorted(hasher.heard)
    assert not any(password in repr(shown) for password in hasher.heard)
    provisioning.clock.set(datetime(2018, 11, 1, tzinfo=TOKYO))
    await workflows.start_services(provisioning.timetable)
    dumps.append(await dump(provisioning))
    provisioning.clock.set(datetime(2018, 11, 6, tzinfo=TOKYO))
    await workflows.close_windows(provisioning.timetable)
    dumps.append(await dump(provisioning))
    return dumps


async def test_a_password_is_nowhere_in_clear_from_issue_to_the_windows_end(
    provisioning: Provisioning, capfd: pytest.CaptureFixture[str]
) -> None:
    hasher = ListeningHasher()
    dumps = await live_through_a_window(provisioning, hasher)
    printed = "".join(capfd.readouterr())
    assert len(hasher.heard) == 3
    assert all("NAC00102" in text for text in dumps)
    search = Search(hasher.heard)
    search.look_into("tables after each step", [text.encode() for text in dumps])
    search.look_into("printed", [printed.encode()])
    assert search.hits == []


async def test_the_search_would_find_a_clear_password(provisioning: Provisioning) -> None:
    canary = "CANARYCANARY2345"
    await provisioning.approve(an_event(an_approval()))
    await provisioning.pool.execute("update sealed_passwords set ciphertext = $1", canary.encode())
    search = Search([canary])
    search.look_into("tables", [(await dump(provisioning)).encode()])
    assert search.hits == ["tables: as hexadecimal"]
