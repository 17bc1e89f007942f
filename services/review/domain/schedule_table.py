"""A schedule as a table of text (CSV), as operators keep it in a spreadsheet: read with all faults at once, written."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.review.domain.schedule import ProposedDay, ProposedSchedule, Schedule
from shared.contracts.people import CalendarException
from shared.kernel.japanese_text import parse_japanese_date

MOST_LINES = 2000
REASON_LIMIT = 200


class RowKind(StrEnum):
    """What a line of the table is about."""

    REGISTRATION = "registration"
    CLOSURE = "closure"
    OPENING = "opening"


class LineProblem(StrEnum):
    """Why a line cannot be read; stable codes."""

    UNKNOWN_KIND = "unknown_kind"
    DATE_UNREADABLE = "date_unreadable"
    APPLICATION_DEADLINE_UNREADABLE = "application_deadline_unreadable"
    SETTING_DEADLINE_UNREADABLE = "setting_deadline_unreadable"
    REASON_MISSING = "reason_missing"
    REASON_TOO_LONG = "reason_too_long"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_MANY_LINES = "too_many_lines"
    NOT_A_TABLE = "not_a_table"


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault of one line, counted from 1 as a spreadsheet does."""

    line: int
    problem: LineProblem


@dataclass(frozen=True, slots=True)
class TableWords:
    """How the table is worded: headings in the order of the columns, and each kind's word."""

    headings: Sequence[str]
    kinds: Mapping[RowKind, str]

    def kind_of(self, text: str) -> RowKind | None:
        """The kind a cell names, by its word or its code."""
        return next((kind for kind in RowKind if text in (self.kinds[kind], kind.value)), None)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    kind: RowKind | None
    cells: Sequence[str]


_DATE, _DEADLINE, _SETTING, _REASON, _CELLS = 1, 2, 3, 4, 5


def read_table(text: str, covers_until: date, words: TableWords) -> ProposedSchedule | list[LineFault]:
    """The schedule the table says, or every fault of every line. Comma or tab separates; headings may be left out."""
    lines = _lines(text, words)
    if isinstance(lines, LineFault):
        return [lines]
    faults = [LineFault(line.number, problem) for line in lines for problem in _problems(line)]
    if faults:
        return faults
    return ProposedSchedule(
        [_day(line) for line in lines if line.kind is RowKind.REGISTRATION],
        [_exception(line) for line in lines if line.kind is RowKind.CLOSURE],
        [_exception(line) for line in lines if line.kind is RowKind.OPENING],
        covers_until,
    )


def write_table(schedule: Schedule | ProposedSchedule, words: TableWords) -> str:
    """The table of a schedule, which `read_table` reads back as the same schedule; lines end with CRLF (RFC 4180)."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(words.headings)
    for row in schedule.registration_days:
        setting = row.system_setting_deadline
        days = (row.registration_date, row.application_deadline, setting)
        table.writerow([words.kinds[RowKind.REGISTRATION], *(day.isoformat() if day else "" for day in days), ""])
    for kind, exceptions in ((RowKind.CLOSURE, schedule.closures), (RowKind.OPENING, schedule.openings)):
        for exception in exceptions:
            table.writerow([words.kinds[kind], exception.date.isoformat(), "", "", exception.reason])
    return out.getvalue()


def _lines(text: str, words: TableWords) -> list[_Line] | LineFault:
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",", strict=True))
    except csv.Error:
        return LineFault(1, LineProblem.NOT_A_TABLE)
    numbered = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, 1)]
    filled = [(number, cells) for number, cells in numbered if any(cells) and cells[0] != words.headings[0]]
    if len(filled) > MOST_LINES:
        return LineFault(MOST_LINES + 1, LineProblem.TOO_MANY_LINES)
    return [_Line(number, words.kind_of(cells[0]), _padded(cells)) for number, cells in filled]


def _padded(cells: Sequence[str]) -> Sequence[str]:
    return [*cells, *[""] * (_CELLS - len(cells))]


def _problems(line: _Line) -> list[LineProblem]:
    is_day = line.kind is RowKind.REGISTRATION
    cells = line.cells
    found = {
        LineProblem.UNKNOWN_KIND: line.kind is None,
        LineProblem.DATE_UNREADABLE: parse_japanese_date(cells[_DATE]) is None,
        LineProblem.APPLICATION_DEADLINE_UNREADABLE: is_day and parse_japanese_date(cells[_DEADLINE]) is None,
        LineProblem.SETTING_DEADLINE_UNREADABLE: bool(cells[_SETTING]) and parse_japanese_date(cells[_SETTING]) is None,
        LineProblem.REASON_MISSING: line.kind is not None and not is_day and not cells[_REASON],
        LineProblem.REASON_TOO_LONG: len(cells[_REASON]) > REASON_LIMIT,
        LineProblem.TOO_MANY_CELLS: any(cells[_CELLS:]),
    }
    return [problem for problem, is_so in found.items() if is_so]


def _day(line: _Line) -> ProposedDay:
    setting = parse_japanese_date(line.cells[_SETTING])
    return ProposedDay(_date(line.cells[_DATE]), _date(line.cells[_DEADLINE]), setting)


def _exception(line: _Line) -> CalendarException:
    return CalendarException(date=_date(line.cells[_DATE]), reason=line.cells[_REASON])


def _date(text: str) -> date:
    day = parse_japanese_date(text)
    assert day is not None, "the line has been checked"
    return day
