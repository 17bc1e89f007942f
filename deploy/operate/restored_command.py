"""`nss restored`: a database that was restored to an earlier state, compared with its topics and brought up to them.

Provisioning, whose ledger is its own book, has `nss provisioning verify` and `repair`.
"""

from typing import Annotated, Any, Literal

import typer

from deploy.errors import Differs
from deploy.operate.services import call, service_url
from deploy.operate.staff_login import staff_token
from deploy.output import show_json
from shared.contracts.topics import ServiceName

Service = Annotated[Literal["intake", "review", "notifier"], typer.Argument(help="Whose database.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]

app = typer.Typer(no_args_is_help=True, help="A database restored from a backup, and its topics.")


@app.command("check")
def check(service: Service, as_json: AsJson = False) -> None:
    """Compare the database with its topics. Exit code 7 when the topics know more."""
    told = _post(service, "comparison", {})
    if as_json:
        show_json(told)
    if not told["is_current"]:
        raise Differs(
            f"{service}'s database is older than its topics, by {told['subjects_behind']} subjects of its own: "
            f"see `nss restored repair {service} --dry-run`"
        )
    if not as_json:
        typer.echo(f"{service}'s database knows everything its topics know")


@app.command("repair")
def repair(service: Service, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Bring the database up to its topics. Exit code 7 when something is left for a person."""
    told = _post(service, "repair", {"dry_run": dry_run})
    if as_json:
        show_json(told)
    else:
        verb = "would be" if dry_run else "were"
        typer.echo(f"{told['handled_again']} events of other services {verb} handled again, {told['queued']} wait")
        typer.echo(f"{told['restored']} decisions of {service} {verb} read back from its own topics")
        for left in told["left"]:
            typer.echo(left)
    if told["left"]:
        raise Differs(f"{len(told['left'])} events could not be read back: compare each with `nss trace`")


def _post(service: ServiceName, path: str, body: dict[str, Any]) -> Any:
    url = f"{service_url(service)}/operate/v1/restored/{path}"
    return call("POST", url, token=staff_token("operator"), body=body)
