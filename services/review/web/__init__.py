"""HTTP of review: the reviewers' console and the staff API; decodes, calls one workflow, renders or redirects."""

from services.review.web.identity_provider import OidcClient, ProviderSettings
from services.review.web.login import CALLBACK
from services.review.web.routes import build_pages
from services.review.web.staff_operations import staff_routes

__all__ = ["CALLBACK", "OidcClient", "ProviderSettings", "build_pages", "staff_routes"]
