"""What the rights matrix says of one route, and the rows of routes that write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from secrets import token_hex

from tests.web.site import NOW, Site, Who

from payper.parties import Act
from payper.store.proposals import WITHDRAWN, Draft, Proposal, Proposals


@dataclass(frozen=True)
class Route:
    """What a route asks of who comes.

    Attributes:
        act: The right it needs; None: to be signed in.
        form: What its form sends.
        document: What a system sends, as JSON.
        body: The same as text.
        own, other: Values of its parameters: of one's own, and of another's that is there.
        done: The status when it was done.
    """

    act: Act | None
    own: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    done: int = 200
    document: Mapping[str, object] | None = None
    body: str | None = None


@cache
def draft_of(site: Site, party: str) -> str:
    """A draft of a party, with a text that has errors."""
    with site.installation.open() as directory, directory.transaction():
        made = Draft(token_hex(8), party, "", "", "[contract]\n", 1, NOW, NOW, "")
        Proposals.of(directory).add_draft(made)
    return made.draft


@cache
def proposal_of(site: Site, buyer: str, provider: str) -> str:
    """A proposal between two parties that was withdrawn."""
    with site.installation.open() as directory, directory.transaction():
        made = Proposal(token_hex(8), buyer, "old", provider, 1, "0" * 64, "[contract]\n", buyer, "x", "x", "", NOW)
        made = made.answered(WITHDRAWN, party=buyer, who="x", name="x", words="", at=NOW)
        Proposals.of(directory).add_proposal(made)
    return made.proposal


@cache
def writes(site: Site, who: Who, buyer: str, contract: str, strange_buyer: str, strange: str) -> dict[str, Route]:
    """Say of the routes of the API that write what they need; what is sent is refused after rights were looked at, so nothing changes."""
    party = who[0]
    own, other = {"buyer": buyer, "contract": contract}, {"buyer": strange_buyer, "contract": strange}
    # The oldest is accepted.
    one = {"buyer": buyer, "number": site.numbers(buyer, contract)[-1]}
    another = {"buyer": strange_buyer, "number": site.numbers(strange_buyer, strange)[-1]}
    draft = {"draft": draft_of(site, party)}
    others_draft = {"draft": draft_of(site, "contoso" if party != "contoso" else "northwind")}
    pairs = [("northwind", "intentreach"), ("contoso", "meetly")]
    mine = next(pair for pair in pairs if party in pair)
    proposal, others_proposal = ({"proposal": proposal_of(site, *pair)} for pair in (mine, next(pair for pair in pairs if pair != mine)))
    place = {"place": "1"}
    person = {"person": site.people[party, "viewer" if (party, "viewer") in site.people else "provider viewer"]}
    others_person = {"person": site.people["contoso" if party != "contoso" else "northwind", "viewer"]}
    return {
        "POST /api/v1/contracts/check": Route(Act.READ_CONTRACTS, document={"text": "x"}),
        "GET /api/v1/drafts": Route(Act.WRITE_CONTRACTS),
        "POST /api/v1/drafts": Route(Act.WRITE_CONTRACTS, document={}, done=422),
        "GET /api/v1/drafts/{draft}": Route(Act.WRITE_CONTRACTS, draft, others_draft),
        "PUT /api/v1/drafts/{draft}": Route(Act.WRITE_CONTRACTS, draft, others_draft, document={"text": "x"}, done=428),
        "DELETE /api/v1/drafts/{draft}": Route(Act.WRITE_CONTRACTS, draft, others_draft, done=428),
        "GET /api/v1/drafts/{draft}/check": Route(Act.WRITE_CONTRACTS, draft, others_draft),
        "GET /api/v1/drafts/{draft}/effect": Route(Act.WRITE_CONTRACTS, draft, others_draft, done=409),
        "POST /api/v1/drafts/{draft}/proposal": Route(Act.WRITE_CONTRACTS, draft, others_draft, document={}, done=409),
        "GET /api/v1/proposals": Route(Act.READ_CONTRACTS),
        "GET /api/v1/proposals/{proposal}": Route(Act.READ_CONTRACTS, proposal, others_proposal),
        "GET /api/v1/proposals/{proposal}/effect": Route(Act.READ_CONTRACTS, proposal, others_proposal, done=409),
        "POST /api/v1/proposals/{proposal}/acceptance": Route(
            Act.ACCEPT_CONTRACTS, proposal, others_proposal, document={"hash": "0" * 64}, done=409
        ),
        "POST /api/v1/proposals/{proposal}/decline": Route(
            Act.ACCEPT_CONTRACTS, proposal, others_proposal, document={"words": "x"}, done=409
        ),
        "POST /api/v1/proposals/{proposal}/withdrawal": Route(Act.WRITE_CONTRACTS, proposal, others_proposal, document={}, done=409),
        "GET /api/v1/contracts/{buyer}/{contract}/acceptances": Route(Act.READ_CONTRACTS, own, other),
        "GET /api/v1/contracts/{buyer}/{contract}/pauses": Route(Act.READ_CONTRACTS, own, other),
        "POST /api/v1/contracts/{buyer}/{contract}/pauses": Route(
            Act.WRITE_CONTRACTS, own, other, document={"since": "2020-01-01T00:00:00Z"}, done=422
        ),
        "POST /api/v1/contracts/{buyer}/{contract}/resumption": Route(Act.WRITE_CONTRACTS, own, other, done=409),
        "POST /api/v1/contracts/{buyer}/{contract}/milestones": Route(
            Act.WRITE_MILESTONES, own, other, document={"rows": [{"milestone": "danced"}]}, done=422
        ),
        "POST /api/v1/contracts/{buyer}/{contract}/returns": Route(
            Act.CLAIM_RETURNS, own, other, document={"rows": [{"reason": "x"}]}, done=422
        ),
        "POST /api/v1/contracts/{buyer}/{contract}/decisions": Route(
            Act.DECIDE_DELIVERIES, own, other, document={"rows": [{"decision": "accepted", "external_id": " "}]}, done=422
        ),
        "POST /api/v1/deliveries/{buyer}/{number}/milestones": Route(
            Act.WRITE_MILESTONES, one, another, document={"milestone": "danced"}, done=422
        ),
        "POST /api/v1/deliveries/{buyer}/{number}/decision": Route(
            Act.DECIDE_DELIVERIES, one, another, document={"decision": "accepted"}, done=409
        ),
        "GET /api/v1/deliveries/{buyer}/{number}/returns": Route(Act.READ_DELIVERIES, one, another),
        "POST /api/v1/deliveries/{buyer}/{number}/returns": Route(Act.CLAIM_RETURNS, one, another, document={"reason": "x"}, done=409),
        "POST /api/v1/deliveries/{buyer}/{number}/returns/{place}/contest": Route(
            Act.CONTEST_RETURNS, one | place, another | place, done=404
        ),
        "POST /api/v1/deliveries/{buyer}/{number}/returns/{place}/decision": Route(
            Act.DECIDE_RETURNS, one | place, another | place, document={"decision": "granted"}, done=404
        ),
        "GET /api/v1/lists": Route(Act.WRITE_SUPPRESSION),
        "POST /api/v1/lists/entries": Route(Act.WRITE_SUPPRESSION, document={"name": "x", "entries": [" "]}, done=422),
        "POST /api/v1/lists/removals": Route(Act.WRITE_SUPPRESSION, document={"name": "none", "entries": ["a.com"]}, done=404),
        "POST /api/v1/lists/search": Route(Act.WRITE_SUPPRESSION, document={"entry": "a.com"}),
        "GET /api/v1/erasures": Route(Act.ERASE_PEOPLE),
        "POST /api/v1/erasures": Route(Act.ERASE_PEOPLE, document={"person": "nobody"}, done=422),
        "POST /api/v1/people": Route(Act.MANAGE_USERS, document={"email": "a@b.example.org", "role": "king"}, done=422),
        "PUT /api/v1/people/{person}/role": Route(Act.MANAGE_USERS, person, others_person, document={"role": "king"}, done=422),
        "POST /api/v1/tokens": Route(Act.MANAGE_TOKENS, document={"name": "x", "purposes": ["none"]}, done=422),
    }


@cache
def pages_that_write(site: Site, who: Who, buyer: str, contract: str, strange_buyer: str, strange: str) -> dict[str, Route]:
    """Say the same of the pages."""
    systems = writes(site, who, buyer, contract, strange_buyer, strange)

    def like(template: str, act: Act, *, form: dict[str, str] | None = None, done: int = 200) -> Route:
        return Route(act, systems[template].own, systems[template].other, form=form, done=done)

    of_draft, of_proposal = "GET /api/v1/drafts/{draft}", "GET /api/v1/proposals/{proposal}"
    of_contract = "GET /api/v1/contracts/{buyer}/{contract}/pauses"
    of_delivery = "GET /api/v1/deliveries/{buyer}/{number}/returns"
    of_return = "POST /api/v1/deliveries/{buyer}/{number}/returns/{place}/contest"
    return {
        "GET /proposals": Route(Act.READ_CONTRACTS),
        "GET /drafts/{draft}": like(of_draft, Act.WRITE_CONTRACTS),
        "POST /drafts/{draft}": like(of_draft, Act.WRITE_CONTRACTS, form={"text": "[contract]\n", "revision": "0"}, done=409),
        "POST /drafts/{draft}/check": like(of_draft, Act.WRITE_CONTRACTS, form={"text": "x"}),
        "GET /drafts/{draft}/effect": like(of_draft, Act.WRITE_CONTRACTS, done=409),
        "POST /drafts/{draft}/proposal": like(of_draft, Act.WRITE_CONTRACTS, form={}, done=409),
        "GET /proposals/{proposal}": like(of_proposal, Act.READ_CONTRACTS),
        "POST /proposals/{proposal}/accept": like(of_proposal, Act.ACCEPT_CONTRACTS, form={"hash": "0" * 64}, done=409),
        "POST /proposals/{proposal}/decline": like(of_proposal, Act.ACCEPT_CONTRACTS, form={"words": "x"}, done=409),
        "POST /proposals/{proposal}/withdraw": like(of_proposal, Act.WRITE_CONTRACTS, form={}, done=409),
        "POST /contracts/{buyer}/{contract}/resume": like(of_contract, Act.WRITE_CONTRACTS, form={}, done=409),
        "POST /deliveries/{buyer}/{number}/milestones": like(of_delivery, Act.WRITE_MILESTONES, form={"milestone": "danced"}, done=409),
        "POST /deliveries/{buyer}/{number}/decision": like(of_delivery, Act.DECIDE_DELIVERIES, form={"decision": "accepted"}, done=409),
        "POST /deliveries/{buyer}/{number}/returns": like(of_delivery, Act.CLAIM_RETURNS, form={"reason": "x"}, done=409),
        "POST /deliveries/{buyer}/{number}/returns/{place}/contest": like(of_return, Act.CONTEST_RETURNS, form={}, done=404),
        "POST /deliveries/{buyer}/{number}/returns/{place}/decision": like(of_return, Act.DECIDE_RETURNS, form={"decision": "x"}, done=404),
        "GET /lists": Route(Act.WRITE_SUPPRESSION),
        "POST /lists": Route(Act.WRITE_SUPPRESSION, form={"name": "", "entries": ""}, done=400),
        "POST /settings/erasure": Route(Act.ERASE_PEOPLE, form={"person": "nobody"}, done=400),
    }


WRITES_WITH_OUTCOMES = {
    "DELETE /api/v1/people/{person}", "DELETE /api/v1/tokens/{token}", "POST /api/v1/parties", "POST /settings/parties", "POST /api/v1/prospects/search",
    "POST /drafts", "POST /drafts/{draft}/drop", "POST /contracts/{buyer}/{contract}/pause", "POST /lists/off", "GET /settings/erasure",
    "POST /settings/erasure/search",
}  # fmt: skip
"""Routes whose answer hangs on more than the right, with tests of their own."""
