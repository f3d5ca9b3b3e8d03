"""The page of what is being worked out: it asks again by itself, with or without a script."""

from __future__ import annotations

from typing import Any

from litestar import Response

from payper.desk.reads.worked_out import Worked
from payper.web.rendering import page
from payper.web.visits import Visit

AGAIN_SECONDS = 2


def working_page(visit: Visit, worked: Worked[Any], *, section: str, title: str) -> Response[Any]:
    """Say that something is being worked out, and how far; the page asks again by itself."""
    headers = {"Refresh": str(AGAIN_SECONDS)}
    return page(visit, "working.html.j2", status=202, headers=headers, title=title, section=section, stage=worked.stage, share=worked.share)
