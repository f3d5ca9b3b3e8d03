"""Pages that write: a contract drafted in form and text, proposed, read and accepted; a delivery's acts; lists and erasures."""

from __future__ import annotations

import re

from tests.web.site import Answer, Site, Visitor

from payper.desk.book.verify import verify
from payper.parties import Role

OWNER, PROVIDER = ("contoso", "owner"), ("meetly", Role.PROVIDER_MANAGER)


def went(answer: Answer, beginning: str) -> str:
    assert answer.status == 303, answer.text[:2000]
    goal = answer.headers["location"]
    assert goal.startswith(beginning), goal
    return goal


def shown(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = visitor.ask(path)
    assert answer.status == status, answer.text[:2000]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)
    return answer.text


def test_a_contract_is_written_in_form_and_text_proposed_and_accepted(site: Site) -> None:
    owner, provider = site.sessions[OWNER], site.sessions[PROVIDER]
    path = went(owner.ask("/drafts", form={"other": "meetly"}), "/drafts/")
    page = shown(owner, path)
    assert "provider = &#34;meetly&#34;" in page
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.S)
    assert text is not None
    changed = owner.ask(
        path,
        form={
            "from": "form",
            "revision": "1",
            "caps.per_day": "many",
            "audience.employees": "100..9000",
            "price.1.on": "won",
            "price.1.percent": "2",
        },
    )
    assert changed.status == 200
    for word in ("per_day = &#34;many&#34;", "employees = &#34;100..9000&#34;", "[[price]]\non = &#34;won&#34;", "1 error"):
        assert word in changed.text, word
    assert changed.text.count("line 3") >= 1 or "Error, <a href" in changed.text
    stale = owner.ask(path, form={"text": "x", "revision": "1"})
    assert stale.status == 409
    assert "Somebody changed this" in stale.text
    part = owner.ask(f"{path}/check", form={"text": "[contract\n"})
    assert "Mend the errors" in part.text
    assert "<html" not in part.text
    mended = owner.ask(path, form={"from": "form", "revision": "2", "caps.per_day": "60"})
    assert "can be proposed" in mended.text
    assert "It is the first version" in shown(owner, f"{path}/effect")
    proposal = went(owner.ask(f"{path}/proposal", form={"words": "For the <b>summer</b>"}), "/proposals/")
    assert "1 proposal waits for your answer" in shown(provider, "/proposals")
    page = shown(provider, proposal)
    assert "For the &lt;b&gt;summer" in page
    hash_ = re.search(r'name="hash" value="(\w+)"', page)
    assert hash_ is not None
    refused = provider.ask(f"{proposal}/decline", form={"words": ""})
    assert (refused.status, "Nothing says why" in refused.text) == (409, True)
    went(provider.ask(f"{proposal}/accept", form={"hash": hash_[1]}), proposal)
    contract = "/contracts/contoso/contoso-meetly-2026"
    page = shown(owner, contract)
    assert "Accepted for" in page
    went(provider.ask(f"{contract}/pause", form={"words": "No capacity"}), contract)
    assert "has paused this contract" in shown(owner, contract)
    went(provider.ask(f"{contract}/resume", form={}), contract)
    again = went(provider.ask("/drafts", form={"buyer": "contoso", "contract": "contoso-meetly-2026"}), "/drafts/")
    went(provider.ask(f"{again}/drop", form={}), "/proposals")
    assert provider.ask(again).status == 404


def test_a_delivery_is_decided_returned_and_its_milestones_recorded_on_its_page(site: Site) -> None:
    owner, provider = site.sessions[OWNER], site.sessions[PROVIDER]
    numbers = {}
    for number in site.numbers("contoso", "reach"):
        page = shown(owner, f"/deliveries/contoso/{number}")
        numbers.setdefault("review" if "Decide it" in page else "accepted" if "Record a milestone" in page else "other", number)
    accepted, waiting = f"/deliveries/contoso/{numbers['accepted']}", f"/deliveries/contoso/{numbers['review']}"
    before = shown(owner, accepted)
    assert ("The time to return it ended on 22 Jan 2026" in before, "Claim the return" in before) == (True, False)
    assert "ended on 22 Jan 2026" in owner.ask(f"{accepted}/returns", form={"reason": "EMAIL_BOUNCED", "evidence": "550"}).text
    went(
        owner.ask(
            f"{accepted}/milestones", form={"milestone": "won", "happened_at": "2026-02-27T10:00", "amount": "100.00", "currency": "USD"}
        ),
        accepted,
    )
    assert "won" in shown(owner, accepted)
    slip = owner.ask(f"{accepted}/milestones", form={"milestone": "won", "happened_at": "2031-02-20T10:00", "amount": "7.00"})
    assert (slip.status, "later than now" in slip.text, 'value="7.00"' in slip.text) == (409, True, True)
    went(owner.ask(f"{waiting}/decision", form={"decision": "rejected"}), waiting)
    assert "a person has rejected it" in shown(owner, waiting)
    assert owner.ask(f"{waiting}/decision", form={"decision": "accepted"}).status == 409
    assert "Claim the return" in shown(owner, accepted)
    went(owner.ask(f"{accepted}/returns", form={"reason": "EMAIL_BOUNCED", "evidence": "550"}), accepted)
    assert "Its returns" in shown(provider, accepted)
    assert "Record a milestone" not in shown(provider, accepted)
    assert provider.ask(f"{accepted}/returns/1/contest", form={}).status == 409
    assert verify(site.installation.book_of("contoso")).fault is None


def test_lists_and_erasures_are_kept_on_pages(site: Site) -> None:
    owner = site.sessions[OWNER]
    added = owner.ask("/lists", form={"name": "vips.csv", "entries": "a@b.com\nGlobex", "everywhere": "yes"})
    assert "2 entries read; vips.csv has 2 entries now" in added.text
    assert "vips.csv has 1 entry now" in owner.ask("/lists/off", form={"name": "vips.csv", "entries": "globex"}).text
    found = owner.ask("/settings/erasure/search", form={"person": "ann4@contoso-reach-acme4.com"})
    assert "1 delivery names" in found.text
    made = owner.ask("/settings/erasure", form={"person": "ann4@contoso-reach-acme4.com", "suppress": "yes"})
    assert "Certificate of erasure" in made.text
    assert "0 deliveries name" in owner.ask("/settings/erasure/search", form={"person": "ann4@contoso-reach-acme4.com"}).text
    assert verify(site.installation.book_of("contoso")).fault is None
