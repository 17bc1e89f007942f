"""HTTP of review: the reviewers' console and the staff API; decodes, calls one workflow, renders or redirects."""

from services.review.web.routes import build_pages

__all__ = ["build_pages"]
