"""The report of a demo says what the events say."""

from pathlib import Path
from typing import Any

import pytest

from deploy.errors import CommandError
from deploy.local.demo.report import Findings, make_report, prepare_output

COMPLETED = {
    "mailbox_ids_issued": ["NAC00102"],
    "requested_start_date": "2026-12-03",
    "confirmed_start_date": "2026-12-10",
    "viewable_until": "2026-12-14",
}


def event(name: str, at: str, data: dict[str, Any] | None = None, subject: str = "260001A") -> dict[str, Any]:
    return {"type": f"nss.{name}.v1", "time": at, "subject": subject, "data": data or {}}


def findings(*events: dict[str, Any]) -> Findings:
    mails = [
        {"message_id": "<1@naccs.example>", "to": "a@naccs.example", "subject": "【NSS】お知らせ", "file": "1.eml"}
    ]
    return Findings(events, mails, {"python": "3.11"})


def test_states_dates_and_mails_are_read_from_the_events_of_the_application() -> None:
    found = findings(
        event("contract.published", "t0", subject="NAC001"),
        event("application.received", "t1"),
        event("application.received", "t1", subject="260002A"),
        event("mail.sent", "t2", {"message_id": "<1@naccs.example>", "mail": "M1"}),
        event("review.completed", "t3", COMPLETED),
    )

    report = make_report(found, "260001A", {"contract": 1.0, "approval": 0.5})

    assert report["mailbox_ids"] == ["NAC00102"]
    assert (report["requested_start_date"], report["confirmed_start_date"]) == ("2026-12-03", "2026-12-10")
    assert report["states"] == [{"state": "received", "at": "t1"}, {"state": "review_completed", "at": "t3"}]
    assert report["mails"] == [{"template": "M1", "to": "a@naccs.example", "subject": "【NSS】お知らせ"}]
    assert report["events"]["nss.application.received.v1"] == 2
    assert report["seconds"] == {"total": 1.5, "steps": {"contract": 1.0, "approval": 0.5}}


def test_a_review_that_did_not_end_makes_no_report() -> None:
    with pytest.raises(CommandError, match="260001A"):
        make_report(findings(event("application.received", "t1")), "260001A", {})


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(CommandError, match="holds other files"):
        prepare_output(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_output_of_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    prepare_output(tmp_path / "out")
    (tmp_path / "out" / "report.json").write_text("{}")
    (tmp_path / "out" / "mails" / "old.eml").write_text("old")

    prepare_output(tmp_path / "out")

    assert list((tmp_path / "out" / "mails").iterdir()) == []
