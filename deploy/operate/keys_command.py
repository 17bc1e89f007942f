"""`nss keys`: make the keys that people spread and change. It talks to no service."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.operate.key_files import Purpose, make_mail_keys, make_pair
from deploy.progress import say

app = typer.Typer(no_args_is_help=True, help="Keys that people make, spread and change; see the runbook for the order.")
SIGNS = {
    "ticket": "NSS_INTAKE_TICKET_KEY_FILE of intake, verified in NSS_PROVISIONING_TICKET_KEYS_DIR of provisioning",
    "staff": "NSS_REVIEW_STAFF_KEY_FILE of review, verified in NSS_STAFF_KEYS_DIR of every service",
}


@app.command("pair")
def pair(
    purpose: Annotated[Purpose, typer.Argument(help="What it will sign.")],
    private: Annotated[Path, typer.Option(help="Folder for the private half, which the signing service alone gets.")],
    public: Annotated[Path, typer.Option(help="Folder for the public half, which every verifying service gets.")],
) -> None:
    """A new pair under a new id. Spread the public half before the private one is used."""
    made = make_pair(purpose, private, public)
    typer.echo(made.private_key)
    typer.echo(made.public_keys / made.private_key.name)
    say(f"signs: {SIGNS[purpose]}")


@app.command("mails")
def mails(folder: Annotated[Path, typer.Argument(help="What NSS_NOTIFIER_KEYS_DIR will name.")]) -> None:
    """The next key that mails are sealed with, and at the first time the one that addresses are hashed with."""
    for path in make_mail_keys(folder):
        typer.echo(path)
    say("notifier seals with the newest once it is restarted; older ones go on opening what they sealed")
