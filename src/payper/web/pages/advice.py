"""Advice: a page of questions for each part of a profile, kept as they are answered, and the advice that follows from them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from payper.advice.questions import TABLES, questions_of
from payper.advice.template import profile_template
from payper.advice.writing import NO, YES
from payper.desk.people.installation import absent
from payper.desk.people.own_profile import (
    OFFER_FIELDS,
    OwnProfile,
    add_offer,
    answer_questions,
    read_own_profile,
    remove_offer,
    replace_profile,
)
from payper.desk.reads.read_advice import read_advice
from payper.errors import UsageError
from payper.money import currency_codes
from payper.parties import Act
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in
from payper.web.waiting import working_page

GROUPS = {**TABLES, "offers": "Offers"}
"""Pages of the questions, in their order."""

Asked = Request[Any, Any, Any]
Parts = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/advice", sync_to_thread=True)
def advice_page(request: Asked) -> Response[Any]:
    """Say what to buy, or begin with the questions."""
    with signed_in(request) as visit:
        try:
            profile, worked = read_advice(visit.directory, visit.actor)
        except UsageError as error:
            asked = read_own_profile(visit.directory, visit.actor)
            return page(visit, "advice_start.html.j2", status=400, title="Advice", profile=asked, groups=GROUPS, error=error)
        if worked is None:
            return page(visit, "advice_start.html.j2", title="Advice", profile=profile, groups=GROUPS, error=None)
        if worked.value is None:
            return working_page(visit, worked, section="Advice", title="Advice")
        return page(
            visit, "advice_found.html.j2", title="Advice", profile=profile, groups=GROUPS, without=worked.value.without,
            is_current=worked.is_current, read_at=worked.read_at, **worked.value.values,
        )  # fmt: skip


@get("/advice/report.html", sync_to_thread=True)
def advice_file(request: Asked) -> Response[Any]:
    """Give the advice as one file to forward."""
    with signed_in(request) as visit:
        _, worked = read_advice(visit.directory, visit.actor)
        if worked is None:
            raise absent("report", "advice")
        if worked.value is None:
            return working_page(visit, worked, section="Advice", title="Advice")
        headers = {"Content-Disposition": f'attachment; filename="advice-{visit.actor.party}.html"'}
        return Response(worked.value.page, media_type=MediaType.HTML, headers=headers)


@get("/advice/profile.toml", sync_to_thread=True)
def profile_file(request: Asked) -> Response[Any]:
    """Give the profile as a file; before anything is answered, one to fill in."""
    with signed_in(request) as visit:
        profile = read_own_profile(visit.directory, visit.actor)
        text = profile.text or profile_template()
        return Response(text, media_type="application/toml", headers={"Content-Disposition": 'attachment; filename="profile.toml"'})


@post("/advice/profile", sync_to_thread=True)
def profile_form(request: Asked, data: Parts) -> Response[Any]:
    """Take a profile in place of the one before, as a file."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.WRITE_ADVICE)
        try:
            replace_profile(visit.directory, visit.actor, _text(data.get("file")), at=visit.at)
        except UsageError as error:
            profile = read_own_profile(visit.directory, visit.actor)
            return page(visit, "advice_start.html.j2", status=400, title="Advice", profile=profile, groups=GROUPS, error=error)
    return Redirect("/advice", status_code=303)


def _text(sent: object) -> str:
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise UsageError(where="file", seen="No file was sent.", mend="Choose a profile.toml.")
    try:
        return sent.file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(where="file", seen="The file is no UTF-8 text.", mend="Save it as UTF-8, then send it again.") from error


@get("/advice/{group:str}", sync_to_thread=True)
def questions_page(request: Asked, group: FromPath[str]) -> Response[Any]:
    """Ask one group of questions, each with the number that its answer stands for."""
    with signed_in(request) as visit:
        profile = read_own_profile(visit.directory, visit.actor)
        return _questions(visit, profile, group)


@post("/advice/{group:str}", sync_to_thread=True)
def questions_form(request: Asked, group: FromPath[str], data: Sent) -> Response[Any]:
    """Keep the answers of a group, and go on to the next or stay."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.WRITE_ADVICE)
        _known(group)
        if group == "offers":
            return _offers(visit, data)
        typed = {question.name: text_of(data, question.name) for question in questions_of(group) if question.name in data}
        currency = text_of(data, "currency") if "currency" in data else None
        profile = answer_questions(visit.directory, visit.actor, group, typed, currency=currency, at=visit.at)
        is_wrong = any(finding.is_error and finding.key in {f"{group}.{name}" for name in typed} for finding in profile.findings)
        if is_wrong:
            return _questions(visit, profile, group, status=400)
        goal = f"/advice/{_next(group)}" if text_of(data, "then") == "next" else f"/advice/{group}"
    return Redirect(goal, status_code=303)


def _offers(visit: Visit, data: dict[str, Any]) -> Response[Any]:
    """Add an offer, or take one out."""
    out = text_of(data, "remove")
    if out:
        remove_offer(visit.directory, visit.actor, int(out) if out.isascii() and out.isdigit() and len(out) < 4 else 0, at=visit.at)
        return Redirect("/advice/offers", status_code=303)
    typed = {name: text_of(data, name) for name in OFFER_FIELDS}
    before = read_own_profile(visit.directory, visit.actor)
    place = before.answers("offers") + 1
    try:
        profile = add_offer(visit.directory, visit.actor, typed, at=visit.at)
    except UsageError as error:
        return _questions(visit, before, "offers", status=400, typed=typed, errors=[error])
    wrong = [finding for finding in profile.findings if finding.is_error and finding.key.startswith(f"offer[{place}]")]
    if wrong:
        # What cannot be an offer is not kept among those that are; what was typed stays in the form.
        kept = remove_offer(visit.directory, visit.actor, place, at=visit.at)
        return _questions(visit, kept, "offers", status=400, typed=typed, errors=wrong)
    return Redirect("/advice/offers", status_code=303)


def _known(group: str) -> None:
    if group not in GROUPS:
        raise absent("page", group)


def _next(group: str) -> str:
    names = [*GROUPS, ""]
    return names[names.index(group) + 1]


def _questions(
    visit: Visit, profile: OwnProfile, group: str, *, status: int = 200, typed: dict[str, str] | None = None, errors: Any = ()
) -> Response[Any]:
    _known(group)
    shown = {question.key: profile.typed(question) for question in (questions_of(group) if group in TABLES else ())}
    findings: dict[str, list[Any]] = {}
    for finding in profile.findings:
        findings.setdefault(finding.key, []).append(finding)
    return page(
        visit, "advice_questions.html.j2", status=status, title=f"Advice: {GROUPS[group].lower()}", profile=profile, group=group,
        groups=GROUPS, questions=questions_of(group) if group in TABLES else (), answers=shown, findings=findings,
        own=profile.findings_of(group), typed=typed or {}, errors=list(errors), may_write=Act.WRITE_ADVICE in visit.actor.acts,
        currencies=currency_codes(), yes=YES, no=NO, next_group=_next(group),
    )  # fmt: skip


ROUTES = [advice_page, advice_file, profile_file, profile_form, questions_page, questions_form]
