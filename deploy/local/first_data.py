"""What a fresh stack is filled with, so that a newcomer can log in at once; through the services' own doors."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from deploy.local.demo.sample_data import SampleLogin, new_logins, sample_register, sample_schedule
from deploy.local.stack import LocalStack, run_to_end
from deploy.operate.accounts import create_offices, create_staff
from deploy.operate.services import call
from deploy.progress import step
from shared.kernel.local_time import local_date
from shared.runtime.clock import SystemClock


def load_first_data(stack: LocalStack) -> None:
    """Accounts, the sample register and a schedule; a stack that has logins already stays as it is."""
    if stack.state.logins:
        return
    with step("accounts, seven offices and a schedule"):
        logins = new_logins()
        create_accounts(stack, logins)
        put = _as_operator(stack, logins)
        put("intake", "/api/v1/contracts", sample_register())
        today = local_date(SystemClock(stack.directory / "clock-offset").now())
        put("review", "/api/v1/schedule", sample_schedule(today))
        stack.state.logins = [asdict(login) for login in logins]
        stack.state.save()


def create_accounts(stack: LocalStack, logins: Sequence[SampleLogin]) -> None:
    """Write the accounts into intake's and review's databases."""
    databases = stack.state.databases
    run_to_end(create_offices([each for each in logins if each.kind == "office"], databases["intake"].app_url))
    run_to_end(create_staff([each for each in logins if each.kind == "staff"], databases["review"].app_url))


def _as_operator(stack: LocalStack, logins: Sequence[SampleLogin]) -> Callable[..., object]:
    operator = next(login for login in logins if "operator" in login.roles)
    urls = stack.state.urls
    body = {"login": operator.login, "password": operator.password}
    token = str(call("POST", f"{urls['review']}/api/v1/tokens", body=body)["token"])
    return lambda service, path, document: call("PUT", urls[service] + path, token=token, body=document)
