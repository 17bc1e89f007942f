"""`nss accounts staff`: who works at the Center's desk, kept by review. Operators alone."""

from typing import Annotated, Any

import typer

from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json

ROLE = "operator"

app = typer.Typer(no_args_is_help=True, help="Accounts of the Center's staff.")
Login = Annotated[str, typer.Argument(help="Staff login.")]
Roles = Annotated[list[str], typer.Option("--role", help="reviewer, lead, operator or help_desk; may be repeated.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """Every account, its roles, and whether it can be used."""
    accounts = call("GET", _url(""), token=staff_token(ROLE))["accounts"]
    if as_json:
        show_json(accounts)
        return
    for account in accounts:
        typer.echo(f"{account['login']:<20} {' '.join(account['roles']):<30} {_condition(account)}".rstrip())


@app.command("add")
def add_account(
    login: Login,
    name: Annotated[str, typer.Option(help="The name shown at the desk.")],
    role: Roles,
    dry_run: DryRun = False,
) -> None:
    """Create an account; its first password is printed once and has to be changed at the first login."""
    _order("POST", "", {"login": login, "display_name": name, "roles": role}, dry_run=dry_run)


@app.command("roles")
def change_roles(
    login: Login,
    role: Roles,
    name: Annotated[str, typer.Option(help="Another name; as it is by default.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Give the account these roles and no others, from the next request on."""
    _order("PUT", f"/{login}/roles", {"roles": role, "display_name": name}, dry_run=dry_run)


@app.command("reset")
def reset_password(login: Login, dry_run: DryRun = False) -> None:
    """Replace the password by a first one, printed once; a lock is lifted, every session ends."""
    _order("POST", f"/{login}/password-reset", {}, dry_run=dry_run)


@app.command("disable")
def disable_account(login: Login, dry_run: DryRun = False) -> None:
    """Nobody gets in with this account any more; its name stays on what it decided."""
    _order("POST", f"/{login}/disable", {}, dry_run=dry_run)


@app.command("enable")
def enable_account(login: Login, dry_run: DryRun = False) -> None:
    """Let the account in again, unlocked, with the password it had."""
    _order("POST", f"/{login}/enable", {}, dry_run=dry_run)


def _order(method: str, path: str, body: dict[str, Any], *, dry_run: bool) -> None:
    url = _url(path)
    told = {"would": f"{method} {url}", **body} if dry_run else call(method, url, token=staff_token(ROLE), body=body)
    show_json(told)


def _url(path: str) -> str:
    return f"{service_url('review')}/operate/v1/staff-accounts{path}"


def _condition(account: dict[str, Any]) -> str:
    words = {"is_disabled": "disabled", "is_locked": "locked", "must_change_password": "first password"}
    return ", ".join(word for field, word in words.items() if account[field])
