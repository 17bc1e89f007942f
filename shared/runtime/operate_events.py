"""What every service tells its operators about its events, under `/operate/v1`: held ones, the outbox, republishing."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.contracts.topics import TOPICS, ServiceName, Topic
from shared.runtime.clock import Clock
from shared.runtime.database import Pool
from shared.runtime.event_outbox import find_outbox_state
from shared.runtime.held_events_view import HeldSelection, list_held
from shared.runtime.logs import get_log
from shared.runtime.outbox_archive import count_archived, republish
from shared.runtime.processed_events import find_processed
from shared.runtime.web.problems import ApiProblem, FieldProblem

MOST_ASKED = 1000

log = get_log()


class RepublishRequest(BaseModel):
    """What to put back into the outbox, by whom it is wanted and why."""

    topic: str
    since: AwareDatetime
    reason: str
    dry_run: bool = False


class EventIdentity(BaseModel):
    """What an event is known by, and its type; from records of any kind, so anything may be missing."""

    source: str | None
    id: UUID | None
    type: str | None


class UnhandledQuestion(BaseModel):
    """Events that somebody thinks of letting be read again."""

    events: list[EventIdentity] = Field(max_length=MOST_ASKED)


@dataclass(frozen=True, slots=True)
class EventOperations:
    """The routes of one service."""

    service: ServiceName
    pool: Pool
    clock: Clock
    acts_on: frozenset[str] = frozenset()
    """Event types that the service handles; all others pass it without a trace."""

    def routes(self) -> list[Route]:
        """For `operate_routes`."""
        return [
            Route("/events/unhandled", self.post_unhandled, methods=["POST"]),
            Route("/held", self.get_held),
            Route("/outbox", self.get_outbox),
            Route("/outbox/republish", self.post_republish, methods=["POST"]),
        ]

    async def get_held(self, request: Request) -> Response:
        """A page of held events; `next` is the `after` of the following page, absent on the last."""
        selection = _selection(request)
        async with self.pool.acquire() as db:
            rows = await list_held(db, selection)
        more = {"next": rows[-1].position} if len(rows) == selection.limit else {}
        return _json({"held": [asdict(row) for row in rows], **more})

    async def post_unhandled(self, request: Request) -> Response:
        """Which of the events would be handled as new if they were read (again)."""
        asked = _question(await request.body())
        wanted = {
            (each.source, each.id) for each in asked.events if each.source and each.id and each.type in self.acts_on
        }
        async with self.pool.acquire() as db:
            handled = await find_processed(db, list(wanted))
        return _json({"unhandled": sorted(str(event_id) for _, event_id in wanted - handled)})

    async def get_outbox(self, _request: Request) -> Response:
        """How many events wait for the relay, and how long the oldest has."""
        async with self.pool.acquire() as db:
            waiting, oldest = await find_outbox_state(db)
        age = (self.clock.now() - oldest).total_seconds() if oldest else 0.0
        return _json({"service": self.service, "waiting": waiting, "oldest_seconds": max(age, 0.0)})

    async def post_republish(self, request: Request) -> Response:
        """Put a topic's archived events back into the outbox; consumers absorb what they already have."""
        wanted = _republish_request(await request.body())
        topic = self._own_topic(wanted.topic)
        async with self.pool.acquire() as db, db.transaction():
            act = count_archived if wanted.dry_run else republish
            events = await act(db, topic, wanted.since)
        if not wanted.dry_run:
            log.warning(
                "events-republished", service=self.service, topic=topic.name, events=events,
                operator=request.state.staff.login, since=wanted.since.isoformat(),
            )  # fmt: skip
        return _json({"topic": topic.name, "events": events, "dry_run": wanted.dry_run})

    def _own_topic(self, name: str) -> Topic:
        for topic in TOPICS:
            if topic.name == name and self.service in topic.producers:
                return topic
        raise ApiProblem(422, "not_our_topic", f"{self.service} publishes nothing on {name}")


def _selection(request: Request) -> HeldSelection:
    query = request.query_params
    try:
        return HeldSelection(
            reason=query.get("reason"),
            subject=query.get("subject"),
            event_type=query.get("type"),
            error_code=query.get("code"),
            held_since=_instant(query.get("held_since")),
            held_before=_instant(query.get("held_before")),
            after=int(query.get("after", 0)),
            limit=int(query.get("limit", 100)),
        )
    except ValueError:
        raise ApiProblem(422, "invalid_query") from None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone means nothing here")
    return instant


def _question(body: bytes) -> UnhandledQuestion:
    try:
        return UnhandledQuestion.model_validate_json(body)
    except ValidationError:
        raise ApiProblem(422, "invalid_request") from None


def _republish_request(body: bytes) -> RepublishRequest:
    try:
        wanted = RepublishRequest.model_validate_json(body)
    except ValidationError as error:
        problems = [FieldProblem(str(item["loc"][0]) if item["loc"] else "", item["type"], item["msg"])
                    for item in error.errors(include_input=False)]  # fmt: skip
        raise ApiProblem(422, "invalid_request", errors=problems) from None
    if not wanted.reason.strip():
        raise ApiProblem(422, "reason_missing")
    return wanted


def _json(content: Any) -> Response:
    body = json.dumps(content, default=_text, ensure_ascii=False).encode()
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def _text(value: Any) -> str:
    assert isinstance(value, (datetime, UUID))
    return value.isoformat() if isinstance(value, datetime) else str(value)
