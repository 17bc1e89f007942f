"""The `nss` command: what it understands; the work is done in deploy.local and deploy.operate."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import CommandError, ExitCode, NotRunning
from deploy.operate import (
    access_command,
    catalogue_command,
    events_command,
    flow_command,
    hooks_command,
    keys_command,
    letters_command,
    mails_command,
    outbox_command,
    provisioning_command,
    restored_command,
    retention_command,
    settings_command,
    trace_command,
    watch_command,
    widen_command,
)
from deploy.operate.accounts_command import app as accounts_app
from deploy.operate.contracts_command import app as contracts_app
from deploy.operate.news_command import app as news_app
from deploy.operate.schedule_command import app as schedule_app
from deploy.operate.staff_accounts_command import app as staff_accounts_app
from deploy.operate.topics_command import app as topics_app
from deploy.output import show_json
from deploy.progress import say
from shared.contracts.topics import ServiceName

ROOT = Path(__file__).resolve().parents[1]
EXIT_CODES = """Exit codes: 0 done, 1 failed, 2 wrong use, 3 not running, 4 refused by a service, 5 login needed,
6 something is missing, 7 what was compared differs. Data goes to stdout, talk to stderr. Secrets are printed by
`status --json` and `up` only."""

app = typer.Typer(
    name="nss", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, epilog=EXIT_CODES
)
for group, word in ((topics_app, "topics"), (contracts_app, "contracts"), (schedule_app, "schedule"),
                    (accounts_app, "accounts"), (news_app, "news")):  # fmt: skip
    app.add_typer(group, name=word)
accounts_app.add_typer(staff_accounts_app, name="staff")
app.add_typer(provisioning_command.app, name="provisioning")
app.add_typer(restored_command.app, name="restored")
app.add_typer(access_command.app, name="access")
topics_app.command("widen")(widen_command.widen)
app.add_typer(catalogue_command.app, name="catalogue")
app.add_typer(mails_command.app, name="mails")
app.add_typer(keys_command.app, name="keys")
app.add_typer(letters_command.dlq_app, name="dlq")
app.add_typer(letters_command.held_app, name="held")
app.add_typer(outbox_command.app, name="outbox")
app.add_typer(hooks_command.app, name="hooks")
app.add_typer(events_command.app, name="events")
app.command("watch")(watch_command.watch)
app.command("trace")(trace_command.trace)
app.command("lag")(flow_command.lag)
app.command("stalled")(flow_command.stalled)
app.command("retention")(retention_command.retention)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
Directory = Annotated[Path | None, typer.Option(help="Folder of the stack; .local of this checkout by default.")]


@app.callback()
def nss() -> None:
    """NSS mailbox: run it, look into it, operate it."""


@app.command()
def up(
    directory: Directory = None,
    empty: Annotated[bool, typer.Option("--empty", help="Without sample offices, schedule and accounts.")] = False,
    secured: Annotated[
        bool, typer.Option("--secured", help="A new stack with TLS and a login for everybody, as on a cluster.")
    ] = False,
) -> None:
    """Start Kafka, PostgreSQL, the mail sink and the four services; what runs already stays as it is."""
    from deploy.local.lifecycle import bring_up

    bring_up(directory or ROOT / ".local", with_first_data=not empty, secured=secured)


@app.command()
def down(directory: Directory = None) -> None:
    """Stop everything that `up` or `demo` left running; data stays."""
    from deploy.local.lifecycle import bring_down

    bring_down([directory] if directory else None)


@app.command()
def status(directory: Directory = None, as_json: AsJson = False) -> None:
    """What runs, and where. Exit code 3 when there is no stack or a part of it has ended."""
    from deploy.local.lifecycle import describe

    told = describe(directory)
    if as_json:
        show_json(told)
    for part in told["parts"]:
        if not as_json:
            typer.echo(f"{part['name']:<14} {part['condition']:<10} {part.get('url', '')}".rstrip())
    ended = [f"{part['name']} has ended: {part['last_line']} (log: {part['log']})" for part in told["parts"]
             if part["condition"] == "ended"]  # fmt: skip
    if ended:
        raise NotRunning("\n".join([*ended, f"start it again: nss up --directory {told['directory']}"]))


@app.command()
def doctor(
    service: Annotated[
        ServiceName | None, typer.Option(help="Its settings in this environment, secrets hidden.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is wrong with the services that run, and what this machine lacks; or what a service would run with.

    Exit code 1: something is wrong with a service. 6: this machine lacks something that is needed.
    """
    if service is not None:
        settings_command.show_settings(service, as_json=as_json)
        return
    from deploy.doctor import examine
    from deploy.operate.services import known_urls
    from deploy.operate.symptoms import examine_services

    findings = [*examine_services(known_urls()), *examine()]
    if as_json:
        show_json([finding.as_json() for finding in findings])
    for finding in () if as_json else findings:
        typer.echo(f"{finding.word:<8} {finding.what}: {finding.told}")
        if finding.next_step:
            typer.echo(f"{'':<8} → {finding.next_step}")
    bad = {finding.word for finding in findings} & {"WRONG", "MISSING"}
    if bad:
        raise typer.Exit(ExitCode.INCOMPLETE if "MISSING" in bad else ExitCode.FAILED)


@app.command()
def migrate(
    service: Annotated[str | None, typer.Argument(help="One service; all four by default.")] = None,
    dsn: Annotated[str | None, typer.Option(help="The owner's address; the local stack's by default.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Bring the databases up to date."""
    from deploy.operate.migrating import migrate_databases

    for line in asyncio.run(migrate_databases(service, dsn, dry_run=dry_run)):
        typer.echo(line)


@accounts_app.command("bootstrap")
def bootstrap(
    office: Annotated[list[str], typer.Option(help="Office code that gets a login.")] = [],  # noqa: B006  typer's way
    staff: Annotated[list[str], typer.Option(help="LOGIN=ROLE[,ROLE]: reviewer, lead, operator, help_desk.")] = [],  # noqa: B006
    intake_dsn: Annotated[str | None, typer.Option(help="Intake's database; the local stack's by default.")] = None,
    review_dsn: Annotated[str | None, typer.Option(help="Review's database; the local stack's by default.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Create the first accounts, or give existing ones a new password, and print the passwords once."""
    from deploy.operate.first_accounts import create_first_accounts

    show_json(create_first_accounts(office, staff, intake_dsn, review_dsn, dry_run=dry_run))


@app.command()
def login(
    name: Annotated[str, typer.Argument(help="Staff login.")],
    password_file: Annotated[Path | None, typer.Option(help="Else NSS_PASSWORD, else asked at a terminal.")] = None,
) -> None:
    """Get a staff token from review and keep it for the next commands."""
    from deploy.operate.staff_login import log_in

    log_in(name, _password(password_file))
    say(f"logged in as {name} for 15 minutes")


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text().strip()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    given = os.environ.get("NSS_PASSWORD")
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise CommandError("no terminal to ask for the password: use --password-file or NSS_PASSWORD")
    return str(typer.prompt("Password", hide_input=True, err=True))


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Leave nothing running.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write report, events, mails and pages there.")] = None,
    directory: Annotated[Path | None, typer.Option(help="Folder of its stack, emptied first; .local/demo.")] = None,
) -> None:
    """Play the manual's own case through the real pages and print where to look."""
    from deploy.local.lifecycle import play_demo

    play_demo(headless=headless, output=output, directory=directory)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Run the benchmark; arguments are passed on to it."""
    from deploy.local.lifecycle import run_benchmark

    raise typer.Exit(run_benchmark(context.args))


def main() -> None:
    """Entry point: an expected failure is one line on stderr and an exit code, never a trace."""
    try:
        app()
    except CommandError as error:
        for line in str(error).splitlines():
            say(f"nss: {line}")
        raise SystemExit(int(error.exit_code)) from None
    except KeyboardInterrupt:
        say("nss: interrupted; what was started so far is stopped by `nss down`")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
