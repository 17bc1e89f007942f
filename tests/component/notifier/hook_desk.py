"""Hooks at a notifier's bench: a desk, records for it, and time that passes."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notifier import workflows
from services.notifier.mailer import Posting
from services.notifier.workflows import HookDesk, Instruction, NewHook
from shared.contracts.envelope import Record
from shared.contracts.event_data import format_instant
from shared.contracts.golden import golden_example
from shared.runtime.ids import new_uuid7
from tests.component.notifier.bench import Bench

ORDER = Instruction("unyo", "for a test")
RECEIVED = golden_example("nss.application.received.v1", "one_mailbox").record
OPENED = golden_example("nss.review.opened.v1", "first_revision").record


@dataclass
class Hooks:
    """What a test handles."""

    bench: Bench
    desk: HookDesk

    async def add(self, url: str, name: str = "payroll", **fields: Any) -> str:
        """A receiver; its secret."""
        asked = {"event_types": [], "office_codes": [], "data_class": "public", **fields}
        answer = await workflows.add_hook(self.desk, NewHook(name, url, **asked), ORDER)
        return str(answer["secret"])

    async def queue(self, *records: Record) -> None:
        """As if these had been read in one poll."""
        await workflows.queue_posts(self.desk, list(records))  # type: ignore[arg-type]

    async def post(self) -> int:
        """Everything that is due now, of every receiver; how many attempts."""
        tried = 0
        for hook_id in await workflows.find_due_hooks(self.desk):
            while posted := await workflows.serve_hook(self.desk, hook_id):
                tried += posted
        return tried

    async def post_for(self, *, hours: float, step_seconds: float = 60.0) -> int:
        """Let that much time pass, posting whenever something is due; how many attempts."""
        tried = await self.post()
        for _ in range(int(hours * 3600 / step_seconds)):
            self.bench.clock.advance(seconds=step_seconds)
            tried += await self.post()
            await workflows.expire_posts(self.desk)
        return tried

    async def states(self) -> list[tuple[str, str, int]]:
        """State, outcome and attempts of every post, in the order in which they were queued."""
        rows = await self.bench.pool.fetch("select state, outcome, attempts from hook_deliveries order by delivery_id")
        return [(row["state"], row["outcome"], row["attempts"]) for row in rows]

    async def log(self, name: str = "payroll", **query: Any) -> Any:
        """What operators see."""
        return await workflows.read_log(self.desk, name, query.get("state"), query.get("before"))


def hooks_at(bench: Bench, *, timeout_seconds: float = 30.0, private_allowed: bool = True, **fields: Any) -> Hooks:
    """A desk that may call programs on this machine."""
    desk = HookDesk(
        pool=bench.pool, clock=bench.clock, new_id=new_uuid7, seals=bench.delivery.seals,
        posting=Posting(timeout_seconds, private_allowed=private_allowed), jitter=lambda: 0.0,
        new_secret=secrets.token_bytes, http_allowed=True, **fields,
    )  # fmt: skip
    return Hooks(bench, desk)


def told(record: Record, number: int, at: datetime, *, event: int = 1, office: str = "NAC001") -> Record:
    """The record as if it were about another application, decided at that time."""
    texts = dict(record.headers) | {
        "ce_subject": f"18{number:04d}A".encode(),
        "ce_id": str(UUID(int=(7 << 76) | (2 << 62) | (number << 16) | event)).encode(),
        "ce_time": format_instant(at + timedelta(milliseconds=event)).encode(),
    }
    return replace(record, key=office.encode(), headers=list(texts.items()))
