"""`nss catalogue`: build the event catalogue, and check that what was released still holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.errors import CommandError, Refused

if TYPE_CHECKING:
    from shared.contracts.topics import ServiceName

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


@app.command("release")
def release(
    service: Annotated[str, typer.Argument(help="The service that is released.")],
    version: Annotated[str, typer.Option(help="Its version.")],
) -> None:
    """Keep what this version writes and reads, for `can-deploy`; commit the file with the release."""
    from deploy.catalogue.releases import keep_release, release_of_today

    typer.echo(f"{keep_release(release_of_today(_service(service), version))}")


@app.command("can-deploy")
def can_deploy(
    service: Annotated[str, typer.Argument(help="The service that is to go out.")],
    version: Annotated[str | None, typer.Option(help="A kept version; this checkout's state if none.")] = None,
) -> None:
    """Say from files alone whether a version goes with the newest two of every other service. Exit code 1 for no."""
    from deploy.catalogue.releases import find_release, misfits_of, release_of_today

    name = _service(service)
    found = misfits_of(find_release(name, version) if version else release_of_today(name, "of this checkout"))
    for misfit in found:
        typer.echo(misfit.as_text())
    typer.echo(f"{name} {version or 'of this checkout'}: {'no' if found else 'yes'}")
    if found:
        raise typer.Exit(1)


def _service(name: str) -> "ServiceName":
    from shared.contracts.topics import SERVICES

    for service in SERVICES:
        if service == name:
            return service
    raise CommandError(f"{name} is no service; there are {', '.join(SERVICES)}")
