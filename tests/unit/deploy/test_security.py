"""A secured stack's secrets: made once, for their owner alone, and only for servers of its own."""

import ssl
import stat
from pathlib import Path

import pytest

from deploy.errors import StackError
from deploy.local.secured_kafka import BrokerSecurity
from deploy.local.security import StackSecurity
from deploy.local.stack import LocalStack, Outside
from deploy.local.state import StackState
from shared.contracts.topics import SERVICES


def test_every_login_keeps_its_own_password(tmp_path: Path) -> None:
    security = StackSecurity(tmp_path / "security")
    passwords = {login: security.password(login) for login in security.logins}
    assert len(set(passwords.values())) == len(security.logins) == len(SERVICES) + 4
    assert {login: StackSecurity(tmp_path / "security").password(login) for login in passwords} == passwords
    files = list((tmp_path / "security").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "security").stat().st_mode) == 0o700


def test_no_password_stands_on_a_command_line(tmp_path: Path) -> None:
    security = StackSecurity(tmp_path / "security")
    told = " ".join(BrokerSecurity(security).format_arguments())
    assert all(login in told and security.password(login) not in told for login in security.logins)


def test_the_authority_outlives_a_restart_and_its_certificates_hold(tmp_path: Path) -> None:
    security = StackSecurity(tmp_path / "security")
    first = security.authority.certificate_file.read_text()
    issued = security.authority.issue("server", ["127.0.0.1", "localhost"])
    assert security.authority.certificate_file.read_text() == first
    shown = tmp_path / "shown.pem"
    shown.write_text(issued.key + issued.certificate)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(shown)


def test_a_secured_stack_stays_secured(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "stack", outside=Outside(), secured=True)
    stack.state.save()
    found = StackState.load(tmp_path / "stack")
    assert found is not None
    assert found.secured
    assert found.broker.kafka_security_username == "nss-operator"


def test_servers_of_others_are_not_secured(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="servers of its own"):
        LocalStack(tmp_path / "stack", outside=Outside(kafka_bootstrap="127.0.0.1:9092"), secured=True)


def test_a_plain_stack_does_not_become_secured(tmp_path: Path) -> None:
    LocalStack(tmp_path / "stack", outside=Outside()).state.save()
    state = StackState(tmp_path / "stack", ports={"kafka": 1})
    with pytest.raises(StackError, match="is not secured"):
        state.secure(servers_are_ours=True)
