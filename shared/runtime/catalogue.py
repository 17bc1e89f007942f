"""`/catalogue`: the published event catalogue, as it stood when this service was built."""

from pathlib import Path

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from shared.contracts.schemas import RELEASED_FOLDER

FOLDER = Path(__file__).parents[1] / "contracts" / "catalogue"


def catalogue_routes() -> list[BaseRoute]:
    """The pages, and the schemas where headers and pages say they are. Public: no data of anybody stands in it."""
    return [
        Mount("/catalogue/schemas", StaticFiles(directory=RELEASED_FOLDER)),
        Mount("/catalogue", StaticFiles(directory=FOLDER, html=True)),
    ]
