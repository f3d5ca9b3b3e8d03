"""Pages for people. Each module gives its routes; `PAGES` is all of them."""

from payper.web.pages import (
    acts,
    advice,
    agreements,
    contracts,
    deliveries,
    elsewhere,
    entrance,
    home,
    keeping,
    money,
    providers,
    quality,
    results,
    settings,
    webhooks,
)

PAGES = [
    *home.ROUTES,
    *contracts.ROUTES,
    *agreements.ROUTES,
    *deliveries.ROUTES,
    *acts.ROUTES,
    *money.ROUTES,
    *results.ROUTES,
    *providers.ROUTES,
    *quality.ROUTES,
    *advice.ROUTES,
    *keeping.ROUTES,
    *settings.ROUTES,
    *webhooks.ROUTES,
    *elsewhere.ROUTES,
    *entrance.ROUTES,
]
