"""`nss doctor --service`: what a service would run with in this environment."""

import os

import typer

from deploy.configuration.effective import examine_settings
from deploy.errors import ExitCode
from deploy.output import show_json
from shared.contracts.topics import ServiceName


def show_settings(service: ServiceName, *, as_json: bool) -> None:
    """Print every setting with its origin. Exit code 6 when the service would refuse to start."""
    configuration = examine_settings(service, os.environ)
    if as_json:
        show_json(configuration.as_json())
    else:
        for setting in configuration.settings:
            typer.echo(f"{setting.variable:<42} {setting.origin:<15} {setting.value}".rstrip())
        typer.echo(f"would not start: {configuration.problem}" if configuration.problem else "would start")
    if configuration.problem:
        raise typer.Exit(ExitCode.INCOMPLETE)
