"""The registration schedule: shown with its calendar, changed by way of a preview that says what stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review import labels, rendering, workflows
from services.review.domain.schedule import ProposedSchedule, Schedule
from services.review.domain.schedule_checks import ScheduleFault
from services.review.domain.schedule_table import LineFault, LineProblem, RowKind, read_table, write_table
from services.review.rendering import desk as desk_rendering
from services.review.web.console import Console, Visit, visit
from services.review.workflows import ScheduleMovedOn, ScheduleTrial
from shared.kernel.business_days import LAST_COVERED_DAY
from shared.kernel.japanese_text import parse_japanese_date
from shared.kernel.local_time import local_date
from shared.runtime.web.forms import PostedForm, read_form

TABLE = labels.SCHEDULE_TABLE
CSV_TYPE = "text/csv; charset=utf-8"
FIELD_OF_LINE = {
    LineProblem.UNKNOWN_KIND: "kind",
    LineProblem.DATE_UNREADABLE: "day",
    LineProblem.APPLICATION_DEADLINE_UNREADABLE: "application_deadline",
    LineProblem.SETTING_DEADLINE_UNREADABLE: "system_setting_deadline",
}
"""Which field of the line to be added a problem belongs to; all others to its reason."""

Faults = list[tuple[str, str]]
"""Field and message."""


@dataclass(frozen=True, slots=True)
class ScheduleInput:
    """A schedule as it was typed: the table, the calendar's last day, and the version it was begun from."""

    table: str
    covers_until: str
    based_on: int


@dataclass(frozen=True, slots=True)
class DayInput:
    """One line to be added: a registration day, a closure or an opening."""

    kind: str = RowKind.REGISTRATION.value
    day: str = ""
    application_deadline: str = ""
    system_setting_deadline: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Page:
    """What the editing page shows; each fault with the field it is about."""

    entered: ScheduleInput
    faults: Sequence[tuple[str, str]] = field(default=())
    day: DayInput = DayInput()
    status: int = 200


async def get_schedule(console: Console, request: Request) -> Response:
    """The registration schedule and the calendar's exceptions (S14)."""
    visitor = await visit(console, request)
    pool = console.deps.pool
    schedule, versions = await workflows.read_schedule(pool), await workflows.read_schedule_versions(pool)
    today = local_date(console.deps.clock.now())
    return visitor.page("schedule.html", schedule=schedule, versions=versions, today=today)


async def get_schedule_table(console: Console, _request: Request) -> Response:
    """The schedule as a table for a spreadsheet: UTF-8 with a mark, because that is what they ask for."""
    schedule = await workflows.read_schedule(console.deps.pool)
    text = write_table(schedule, TABLE) if schedule else ",".join(TABLE.headings) + "\r\n"
    headers = {"content-disposition": 'attachment; filename="schedule.csv"', "content-type": CSV_TYPE}
    return Response(text.encode("utf-8-sig"), headers=headers)


async def get_edit(console: Console, request: Request) -> Response:
    """The current schedule, to be changed."""
    visitor = await visit(console, request)
    return _edit(visitor, _Page(_input_of(await workflows.read_schedule(console.deps.pool))))


async def post_day(console: Console, request: Request) -> Response:
    """The table with one line more, in its place; or what is wrong with the line."""
    visitor, form = await visit(console, request), await read_form(request)
    entered = _entered(form)
    day = DayInput(*(form.text(name).strip() for name in DayInput.__slots__))
    line = ",".join(
        (
            day.kind,
            day.day,
            day.application_deadline,
            day.system_setting_deadline,
            f'"{day.reason.replace(chr(34), "")}"',
        )
    )
    joined = f"{entered.table.rstrip()}\r\n{line}\r\n"
    added = read_table(line, LAST_COVERED_DAY, TABLE)
    together = read_table(joined, LAST_COVERED_DAY, TABLE)
    if isinstance(added, list) or isinstance(together, list):
        faults = [_fault_of_day(fault) for fault in added] if isinstance(added, list) else _line_faults(together)
        return _edit(visitor, _Page(entered, faults, day, 422))
    table = write_table(_in_order(together), TABLE)
    return _edit(visitor, _Page(ScheduleInput(table, entered.covers_until, entered.based_on)))


async def post_check(console: Console, request: Request) -> Response:
    """What publishing would change and what it leaves alone; or every fault, line by line."""
    visitor, entered = await visit(console, request), _entered(await read_form(request))
    proposed = _read(entered)
    if not isinstance(proposed, ProposedSchedule):
        return _edit(visitor, _Page(entered, proposed, status=422))
    trial = await workflows.try_schedule(console.deps.pool, proposed, console.deps.clock.now())
    if not isinstance(trial, ScheduleTrial):
        return _edit(visitor, _Page(entered, _schedule_faults(trial), status=422))
    return visitor.page("schedule_check.html", entered=entered, trial=trial)


async def post_publication(console: Console, request: Request) -> Response:
    """Publish; or every fault; or who was faster, with what was typed."""
    visitor, entered, deps = await visit(console, request), _entered(await read_form(request)), console.deps
    proposed = _read(entered)
    if not isinstance(proposed, ProposedSchedule):
        return _edit(visitor, _Page(entered, proposed, status=422))
    outcome = await workflows.publish_schedule(
        deps.pool, proposed, visitor.member, deps.clock.now(), deps.new_id, entered.based_on
    )
    if isinstance(outcome, Schedule):
        return RedirectResponse("/schedule", 303)
    if isinstance(outcome, ScheduleMovedOn):
        again = ScheduleInput(entered.table, entered.covers_until, outcome.current.schedule_version)
        moved_on = labels.SCHEDULE_MOVED_ON.format(version=outcome.current.schedule_version)
        return _edit(visitor, _Page(again, [("table", moved_on)], status=409))
    return _edit(visitor, _Page(entered, _schedule_faults(outcome), status=422))


def _edit(visitor: Visit, shown: _Page) -> Response:
    return visitor.page(
        "schedule_edit.html",
        status=shown.status,
        entered=shown.entered,
        day=shown.day,
        kinds=[(kind.value, rendering.label(kind)) for kind in RowKind],
        faults=shown.faults,
        in_table=any(name == "table" for name, _ in shown.faults),
        error_count=len(shown.faults),
    )


def _input_of(schedule: Schedule | None) -> ScheduleInput:
    if schedule is None:
        return ScheduleInput(",".join(TABLE.headings) + "\r\n", LAST_COVERED_DAY.strftime("%Y%m%d"), 0)
    return ScheduleInput(write_table(schedule, TABLE), f"{schedule.covers_until:%Y%m%d}", schedule.schedule_version)


def _entered(form: PostedForm) -> ScheduleInput:
    based_on = form.text("based_on")
    is_number = based_on.isascii() and based_on.isdigit() and len(based_on) < 9
    return ScheduleInput(form.text("table"), form.text("covers_until"), int(based_on) if is_number else 0)


def _read(entered: ScheduleInput) -> ProposedSchedule | Faults:
    covers_until = parse_japanese_date(entered.covers_until)
    read = read_table(entered.table, covers_until or LAST_COVERED_DAY, TABLE)
    faults: Faults = [] if covers_until else [("covers_until", labels.COVERS_UNREADABLE)]
    faults += _line_faults(read)
    return read if isinstance(read, ProposedSchedule) and not faults else faults


def _line_faults(read: ProposedSchedule | list[LineFault]) -> Faults:
    return [("table", desk_rendering.line_fault(fault)) for fault in read] if isinstance(read, list) else []


def _schedule_faults(faults: Sequence[ScheduleFault]) -> Faults:
    return [
        ("covers_until" if fault.problem.field == "covers_until" else "table", desk_rendering.schedule_fault(fault))
        for fault in faults
    ]


def _fault_of_day(fault: LineFault) -> tuple[str, str]:
    return FIELD_OF_LINE.get(fault.problem, "reason"), labels.LINE_PROBLEM_TEXTS[fault.problem]


def _in_order(proposed: ProposedSchedule) -> ProposedSchedule:
    return ProposedSchedule(
        sorted(proposed.registration_days, key=lambda row: row.registration_date),
        sorted(proposed.closures, key=lambda closure: closure.date),
        sorted(proposed.openings, key=lambda opening: opening.date),
        proposed.covers_until,
    )
