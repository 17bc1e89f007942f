"""The runbook's first day, typed line by line; and keys that change while people work."""

import json
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import httpx2
import jwt
import pytest

from deploy.local.demo import sample_data
from deploy.local.demo.browser import UnexpectedPage
from deploy.local.demo.clients import ApplicantClient, ReviewerClient
from deploy.local.stack import LocalStack
from deploy.operate.key_files import make_pair
from deploy.operate.services import call
from shared.contracts.topics import SERVICES, ServiceName
from shared.kernel.local_time import local_date
from tests.e2e.test_local_stack import nss
from tests.faults.supervisor import arm
from tests.town import PASSWORD, Town

RUNBOOK = Path(__file__).resolve().parents[2] / "deploy/runbook.md"
KEY_OFFICE, OPERATOR = "TST012", "operator"
RESTARTED: Sequence[ServiceName] = ("review", "intake")


def lines_of(heading: str) -> Sequence[str]:
    """Every line typed under a heading of the runbook."""
    section = RUNBOOK.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with the operator's files, and the environment in which the lines are typed."""

    folder: Path
    variables: Mapping[str, str]

    def type(self, line: str) -> str:
        """What the line prints on stdout. The line must succeed."""
        program, *words = shlex.split(Template(line).substitute(self.variables))
        assert program == "nss", line
        own = [str(self.folder / word) if self._is_a_file(word) else word for word in words]
        answer = nss(*own, **{"XDG_CONFIG_HOME": str(self.folder), **self.variables})
        assert answer.code == 0, f"{line}: {answer.talk}"
        return answer.data

    def _is_a_file(self, word: str) -> bool:
        return word.startswith("keys/") or (self.folder / word).is_file()


@pytest.fixture
def desk(stack: LocalStack, tmp_path: Path) -> Desk:
    state = stack.state
    variables = {f"{name.upper()}_OWNER_DSN": state.databases[name].owner_url for name in SERVICES}
    variables |= {f"NSS_{name.upper()}_URL": state.urls[name] for name in SERVICES}
    variables |= {"REVIEW_DSN": state.databases["review"].app_url, "NSS_KAFKA_BOOTSTRAP": state.kafka_bootstrap}
    shutil.copy(sample_data.REGISTER, tmp_path / "register.json")
    today = local_date(datetime.now(UTC))
    (tmp_path / "schedule.json").write_text(json.dumps(sample_data.sample_schedule(today)))
    return Desk(tmp_path, variables)


async def test_the_first_day_typed_from_the_runbook_ends_with_offices_and_a_desk_at_work(desk: Desk) -> None:
    printed = {}
    for line in lines_of("Day one"):
        printed[line] = desk.type(line)
        if "bootstrap" in line:
            (desk.folder / "sato.password").write_text(json.loads(printed[line])[0]["password"])
    reviewer = json.loads(next(text for line, text in printed.items() if "add suzuki" in line))
    offices = json.loads(printed["nss contracts import register.json"])["initial_passwords"]

    intake, review, provisioning = (desk.variables[f"NSS_{name}_URL"] for name in ("INTAKE", "REVIEW", "PROVISIONING"))
    async with ReviewerClient(review) as client:
        await client.log_in("suzuki", reviewer["first_password"])
    for office, password in offices.items():
        async with ApplicantClient(intake, provisioning) as applicant:
            await applicant.log_in(office, password)


async def test_a_key_pair_is_changed_while_people_work(town: Town) -> None:
    number, keys = await town.issue(KEY_OFFICE), town.stack.keys
    early = staff_token(town)
    staff = make_pair("staff", keys.staff.private_key.parent, keys.staff.public_keys).private_key
    ticket = make_pair("ticket", keys.ticket.private_key.parent, keys.ticket.public_keys).private_key
    new_keys = {"NSS_REVIEW_STAFF_KEY_FILE": str(staff)}, {"NSS_INTAKE_TICKET_KEY_FILE": str(ticket)}
    await arm(town, dict(zip(RESTARTED, new_keys, strict=True)))

    late = staff_token(town)
    assert [key_of(token) for token in (early, late)] == [keys.staff.private_key.stem, staff.stem]
    assert {accepted_by(town, token) for token in (early, late)} == {tuple(SERVICES)}
    assert len(await passwords(town, number)) == 1

    for leaked in (keys.staff.public_keys / staff.name, keys.ticket.public_keys / ticket.name):
        leaked.unlink()
    assert (accepted_by(town, late), accepted_by(town, early)) == ((), tuple(SERVICES))
    with pytest.raises(UnexpectedPage, match="ticket_forged"):
        await passwords(town, number)
    await arm(town, {service: {} for service in RESTARTED})
    assert accepted_by(town, staff_token(town)) == tuple(SERVICES)


def staff_token(town: Town) -> str:
    """What the operator gets at a login."""
    answer = call("POST", f"{town.urls['review']}/api/v1/tokens", body={"login": OPERATOR, "password": PASSWORD})
    return str(answer["token"])


def key_of(token: str) -> str:
    """The id of the key that signed it."""
    return str(jwt.get_unverified_header(token)["kid"])


def accepted_by(town: Town, token: str) -> tuple[ServiceName, ...]:
    """The services whose operators' API the token opens."""
    asked = {"Authorization": f"Bearer {token}"}
    urls = {name: f"{town.urls[name]}/operate/v1/outbox" for name in SERVICES}
    return tuple(name for name in SERVICES if httpx2.get(urls[name], headers=asked, timeout=30).status_code == 200)


async def passwords(town: Town, number: str) -> Mapping[str, str]:
    """What the office reads on its ID notice."""
    async with town.applicant(KEY_OFFICE) as client:
        return await client.read_passwords(number, PASSWORD)
