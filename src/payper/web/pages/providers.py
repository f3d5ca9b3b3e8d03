"""Providers: scorecards of all by the weights of the address, and one provider's own page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from payper.desk.asking.providers import SHORT
from payper.desk.reads.read_providers import ProvidersAsked, read_provider, read_providers
from payper.web.pages.results import read_asked
from payper.web.rendering import page
from payper.web.visits import signed_in
from payper.web.waiting import working_page

Asked = Request[Any, Any, Any]


@get("/providers", sync_to_thread=True)
def providers_page(request: Asked) -> Response[Any]:
    """Compare providers by what they hand over and what came of it."""
    with signed_in(request) as visit:
        asked, query = _asked(request)
        found = read_providers(visit.directory, visit.actor, asked)
        if found is None:
            return page(visit, "results_none.html.j2", title="Providers")
        own, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Providers", title="Providers")
        criteria = {short: criterion.value for short, criterion in SHORT.items()}
        return page(
            visit, "providers.html.j2", title="Providers", own=own, seen=worked.value, is_current=worked.is_current,
            read_at=worked.read_at, query=query,
            criteria=criteria,
        )  # fmt: skip


@get("/providers/{provider:str}", sync_to_thread=True)
def provider_page(request: Asked, provider: FromPath[str]) -> Response[Any]:
    """Show how good one provider is beside the others."""
    with signed_in(request) as visit:
        asked, query = _asked(request)
        own, worked = read_provider(visit.directory, visit.actor, asked, provider)
        if worked.value is None:
            return working_page(visit, worked, section="Providers", title=visit.name_of(provider))
        contracts = [id_ for id_, versions in own.versions.items() if versions[-1].provider == provider]
        return page(
            visit, "provider.html.j2", title=visit.name_of(provider), own=own, seen=worked.value, one=worked.value.each[provider],
            provider=provider, contracts=contracts, query=query, is_current=worked.is_current,
            read_at=worked.read_at,
        )  # fmt: skip


def _asked(request: Asked) -> tuple[ProvidersAsked, dict[str, str]]:
    """Read weights, day and horizon from the address, and give back what it says."""
    told = {name: str(value).strip() for name, value in request.query_params.items() if str(value).strip()}
    weights = ",".join(f"{name}={told[name]}" for name in SHORT if name in told)
    asked = read_asked(horizon=told.get("horizon"), as_of=told.get("as_of"))
    query = {name: told[name] for name in (*SHORT, "horizon", "as_of") if name in told}
    return ProvidersAsked(weights=weights, as_of=asked.as_of, horizon_days=asked.horizon_days), query


ROUTES = [providers_page, provider_page]
