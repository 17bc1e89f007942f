"""The monthly report: on a page, and as a file that leaves the console."""

import csv
import io
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.review import labels, workflows
from services.review.domain.report import DaysTaken, InvalidMonth, Month, MonthlyReport, ReportLine, parse_month
from services.review.web.console import Console, visit
from shared.kernel.local_time import local_date

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def get_report(console: Console, request: Request) -> Response:
    """One month; this one unless the address names another."""
    visitor, month = await visit(console, request), _month(console, request)
    report = await workflows.read_report(console.deps, month, console.target_business_days)
    return visitor.page("report.html", report=report, target_business_days=console.target_business_days)


async def get_report_table(console: Console, request: Request) -> Response:
    """The month as CSV for a spreadsheet, in UTF-8 with a mark; taking it is audited."""
    visitor, month = await visit(console, request), _month(console, request)
    report = await workflows.export_report(console.deps, month, console.target_business_days, visitor.member.login)
    name = f'attachment; filename="report-{month}.csv"'
    headers = {"content-disposition": name, "content-type": "text/csv; charset=utf-8"}
    return Response(report_table(report).encode("utf-8-sig"), headers=headers)


def report_table(report: MonthlyReport) -> str:
    """One line per office under the headings; lines end with CRLF (RFC 4180)."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(labels.REPORT_HEADINGS)
    table.writerows([str(report.month), *_cells(line)] for line in report.lines)
    return out.getvalue()


def _cells(line: ReportLine) -> Sequence[str]:
    activity = line.activity
    names = [_harmless(text) for text in (activity.office_code, activity.company_name, activity.office_name)]
    counts = (
        activity.received,
        activity.completed,
        activity.withdrawn,
        activity.voided,
        activity.added_smtp_pop3,
        activity.added_edifact,
        activity.abolished,
    )
    return [*names, *map(str, counts), *_days(line.days)]


def _days(days: DaysTaken) -> Sequence[str]:
    if days.average is None:
        return ["", "", ""]
    return [f"{days.average}", str(days.longest), str(days.within_target)]


def _harmless(text: str) -> str:
    """A name that begins like a formula is shown with an apostrophe, so that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _month(console: Console, request: Request) -> Month:
    text = request.query_params.get("month", "")
    if not text:
        return Month(local_date(console.deps.clock.now()).replace(day=1))
    try:
        return parse_month(text)
    except InvalidMonth:
        raise HTTPException(404) from None
