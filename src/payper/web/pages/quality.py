"""Quality: acceptance by week, reasons and returns, of the contracts that somebody reaches."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from payper.desk.reads.read_quality import read_quality
from payper.web.rendering import page
from payper.web.visits import signed_in


@get("/quality", sync_to_thread=True)
def quality_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Say how good what was delivered is, and what can be mended."""
    with signed_in(request) as visit:
        seen = read_quality(visit.directory, visit.actor)
        return page(visit, "quality.html.j2", title="Quality", seen=seen, names=visit.name_of)


ROUTES = [quality_page]
