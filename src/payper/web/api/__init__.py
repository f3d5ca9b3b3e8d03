"""The API for systems, under `/api/v1`. Each module gives its routes; `API` is all of them."""

from payper.web.api import agreements, facts, keeping, reads, receiving, results, uploads, webhooks

API = [
    *reads.ROUTES,
    *agreements.ROUTES,
    *receiving.ROUTES,
    *uploads.ROUTES,
    *facts.ROUTES,
    *results.ROUTES,
    *keeping.ROUTES,
    *webhooks.ROUTES,
]
