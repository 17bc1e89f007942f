"""What `nss schedule import` makes of a spreadsheet."""

import pytest

from deploy.errors import CommandError
from deploy.operate.schedule_command import table_document


def test_a_spreadsheet_becomes_the_body_that_review_takes() -> None:
    text = "登録日,2018/11/1,20181025,,\n休業日,20181109,,,創立記念日\n"
    assert table_document(text, "2019/12/31") == {
        "registration_days": [
            {
                "registration_date": "2018-11-01",
                "application_deadline": "2018-10-25",
                "system_setting_deadline": None,
            }
        ],
        "closures": [{"date": "2018-11-09", "reason": "創立記念日"}],
        "openings": [],
        "covers_until": "2019-12-31",
    }


def test_every_unreadable_line_is_named_at_once_in_english() -> None:
    with pytest.raises(CommandError) as refused:
        table_document("登録日,20181131,,,\n\n休業日,20181109,,,\n", "20191231")
    assert str(refused.value).splitlines() == [
        "line 1: date_unreadable",
        "line 1: application_deadline_unreadable",
        "line 3: reason_missing",
    ]
    with pytest.raises(CommandError, match="no date"):
        table_document("", "soon")
