"""veraPDF's verdict on every document: PDF/A-2a and PDF/UA-1."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.errors import StackError
from deploy.local.jars import class_path
from deploy.local.java import find_java
from services.intake.documents import DocumentPrinter, find_fonts
from services.intake.domain.documents import (
    ApplicationFormSheet,
    ApprovalNoticeSheet,
    application_form,
    approval_notice,
)
from shared.contracts.people import MailboxChange, PasswordReissue
from shared.kernel.identifiers import MailboxId
from tests.builders import a_contract, a_mailbox, an_application_received
from tests.unit.intake.test_documents import COMPLETED_AT, an_application

LOCK = Path(__file__).parent / "verapdf" / "jgo.lock.toml"
MAIN_CLASS = "org.verapdf.apps.GreenfieldCliWrapper"


@pytest.fixture(scope="module")
def validator() -> Sequence[str]:
    """The command that validates; its jar is fetched once."""
    try:
        jars = class_path(LOCK)
        return [str(find_java().executable), "-cp", os.pathsep.join(map(str, jars)), MAIN_CLASS, "--format", "text"]
    except StackError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"veraPDF is missing: {error}")


def verdicts(validator: Sequence[str], flavour: str, files: Sequence[Path]) -> dict[str, str]:
    """File name to PASS or FAIL."""
    told = subprocess.run(
        [*validator, "--flavour", flavour, *map(str, files)], capture_output=True, text=True, timeout=300
    )
    lines = [line.split() for line in told.stdout.splitlines() if line.startswith(("PASS", "FAIL"))]
    return {Path(words[1]).name: words[0] for words in lines}


async def every_document(folder: Path) -> Sequence[Path]:
    """A file for each shape a document can have."""
    full = a_contract(
        office_address="東京都中央区見本町一丁目1番1号",
        mail_mode_terminals=3,
        smtp_two_way_addresses=2,
        lines=[{"line_type": "光回線", "speed": "100Mbps", "system_class": "sea"}] * 40,
    )
    boxes = [a_mailbox(f"NAC001{serial:02d}") for serial in range(1, 31)]
    abolish = [box.mailbox_id for box in boxes[:25]]
    change = MailboxChange(add_smtp_pop3=1, add_edifact=2, abolish=abolish, mailboxes_before=boxes)
    reissue = PasswordReissue(mailbox_ids=[MailboxId("NAC00101")])
    plain, changed = an_application_received(), an_application_received(mailbox_change=change, reason="髙﨑①㈱" * 60)
    sheets: dict[str, ApplicationFormSheet | ApprovalNoticeSheet] = {
        "form": application_form(plain, a_contract()),
        "form-of-two-pages": application_form(changed, full),
        "form-of-a-reissue": application_form(
            an_application_received(kind="password_reissue", mailbox_change=None, password_reissue=reissue),
            a_contract(),
        ),
        "notice": approval_notice(an_application(), plain, a_contract(), COMPLETED_AT),
        "notice-of-many": approval_notice(
            an_application(mailbox_ids_abolished=tuple(abolish)), changed, full, COMPLETED_AT
        ),
    }
    printer = DocumentPrinter(find_fonts(None))
    for name, sheet in sheets.items():
        (folder / f"{name}.pdf").write_bytes((await printer.print(sheet)).pdf)
    printer.close()
    return sorted(folder / f"{name}.pdf" for name in sheets)


@pytest.mark.parametrize("flavour", ["2a", "ua1"])
async def test_every_document_conforms(validator: Sequence[str], flavour: str, tmp_path: Path) -> None:
    files = await every_document(tmp_path)

    assert verdicts(validator, flavour, files) == dict.fromkeys([file.name for file in files], "PASS")


def test_the_validator_tells_a_fault(validator: Sequence[str], tmp_path: Path) -> None:
    broken = tmp_path / "plain.pdf"
    broken.write_bytes(_plain_pdf())

    assert verdicts(validator, "2a", [broken]) == {"plain.pdf": "FAIL"}


def _plain_pdf() -> bytes:
    import typst

    pdf = typst.compile(b"plain", format="pdf")
    assert isinstance(pdf, bytes)
    return pdf
