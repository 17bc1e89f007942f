"""`nss catalogue`: build the event catalogue, and check that what was released still holds."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import CommandError, Refused

app = typer.Typer(no_args_is_help=True, help="The event catalogue, rendered from the registry.")


@app.command("build")
def build(directory: Annotated[Path, typer.Argument(help="Where to write it; any web server can serve it.")]) -> None:
    """Write pages, AsyncAPI document, schemas, topics and access rights into a folder."""
    from deploy.catalogue.build import build_catalogue

    typer.echo(f"{build_catalogue(directory)} files in {directory}")


@app.command("check")
def check() -> None:
    """Name every change that breaks a released type, and whom. Exit code 1 for that or a stale catalogue."""
    from deploy.catalogue.gate import complaints

    found = complaints()
    for complaint in found:
        typer.echo(complaint)
    if found:
        raise CommandError(
            "a released type only grows, by fields that may be absent: take breaking changes back or give them a new "
            "major; what is merely out of date is written by `nss catalogue publish`"
        )
    typer.echo("every type keeps what was released, and the catalogue is up to date")


@app.command("publish")
def publish() -> None:
    """Write released schemas and catalogue anew; refused where a released type would break."""
    from deploy.catalogue.build import publish_catalogue
    from shared.contracts.schemas import BreaksReleasedSchemas, write_released_schemas

    try:
        write_released_schemas()
    except BreaksReleasedSchemas as error:
        raise Refused(str(error)) from error
    typer.echo(f"{publish_catalogue()} files of the catalogue written, and the released schemas")
