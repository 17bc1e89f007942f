"""`nss accounts`: the accounts of offices, their sister offices and the tokens of their programs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from deploy.errors import CommandError
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from shared.kernel.identifiers import InvalidIdentifier, parse_office_code

ROLE = "operator"
DEFAULT_DAYS = 365

app = typer.Typer(no_args_is_help=True, help="Accounts of offices and staff.")
Office = Annotated[str, typer.Argument(help="Office code, NAC001.")]
Sister = Annotated[str, typer.Argument(help="An office of the same company.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]


@app.command("open")
def open_account(office: Office, dry_run: DryRun = False) -> None:
    """Give the office a login; its one-time password is printed once. A closed account is opened again."""
    _order("PUT", office, "", dry_run=dry_run)


@app.command("reset")
def reset_password(office: Office, dry_run: DryRun = False) -> None:
    """Replace a forgotten password by a one-time one, printed once; locks are lifted, sessions end."""
    _order("POST", office, "/reset", dry_run=dry_run)


@app.command("unlock")
def unlock(office: Office, dry_run: DryRun = False) -> None:
    """Forget wrong passwords, so that the office may try again at once."""
    _order("POST", office, "/unlock", dry_run=dry_run)


@app.command("close")
def close(office: Office, dry_run: DryRun = False) -> None:
    """Nobody and no program of the office gets in any more; what it has applied for goes its way."""
    _order("POST", office, "/close", dry_run=dry_run)


@app.command("grant")
def grant(office: Office, sister: Sister, dry_run: DryRun = False) -> None:
    """Let the office apply for a sister office."""
    _order("PUT", office, f"/sisters/{_code(sister)}", dry_run=dry_run)


@app.command("revoke")
def revoke(office: Office, sister: Sister, dry_run: DryRun = False) -> None:
    """Take a grant back; what the office has applied for stays."""
    _order("DELETE", office, f"/sisters/{_code(sister)}", dry_run=dry_run)


@app.command("token")
def make_token(
    office: Office,
    name: Annotated[str, typer.Option(help="What the program is called, for the list.")],
    days: Annotated[int, typer.Option(help="For how long it works.", min=1, max=366)] = DEFAULT_DAYS,
    dry_run: DryRun = False,
) -> None:
    """Make a token for a program of the office, printed once."""
    _order("POST", office, "/tokens", dry_run=dry_run, body={"name": name, "days": days})


@app.command("tokens")
def list_tokens(
    office: Office, as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False
) -> None:
    """The tokens of the office's programs, ended ones too."""
    tokens: Sequence[Mapping[str, Any]] = call("GET", _url(office, "/tokens"), token=staff_token(ROLE))["tokens"]
    if as_json:
        _show(tokens)
        return
    for each in tokens:
        ended = f"revoked at {each['revoked_at']}" if each["revoked_at"] else f"until {each['expires_at']}"
        typer.echo(f"{each['token_id']}  {each['name']}  {ended}")


@app.command("revoke-token")
def revoke_token(
    office: Office,
    token_id: Annotated[str, typer.Argument(help="As `nss accounts tokens` tells it.")],
    dry_run: DryRun = False,
) -> None:
    """End a token."""
    _order("DELETE", office, f"/tokens/{token_id}", dry_run=dry_run)


def _order(method: str, office: str, path: str, *, dry_run: bool, body: Any = None) -> None:
    url = _url(office, path)
    _show({"would": f"{method} {url}"} if dry_run else call(method, url, token=staff_token(ROLE), body=body))


def _url(office: str, path: str) -> str:
    return f"{service_url('intake')}/operate/v1/accounts/{_code(office)}{path}"


def _code(office: str) -> str:
    try:
        return parse_office_code(office)
    except InvalidIdentifier as error:
        raise CommandError(str(error)) from error


def _show(data: Any) -> None:
    show_json(data)
