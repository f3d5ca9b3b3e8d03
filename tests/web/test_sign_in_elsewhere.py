"""Signing in at an identity provider: an honest one of others' making, and one that says what it should not."""

from __future__ import annotations

import base64
import hmac
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.web.provider import Provider, providing
from tests.web.site import NOW, Answer, Site, party, served

from payper.desk.people.installation import Installation
from payper.desk.people.people import change_role, invite
from payper.errors import UsageError
from payper.parties import Role
from payper.store.directory import Person
from payper.web.configuration import configure

ANN = "ann@northwind.example.org"
NOW_SECONDS = int(NOW.timestamp())


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """One party with its owner, and Ann, invited."""
    made = Installation(str(tmp_path / "data"))
    made.prepare()
    with made.open() as directory:
        with directory.transaction():
            directory.add_party(party("northwind"), zone="UTC", is_operator=True, at=NOW)
        for email, role in (("olga@northwind.example.org", Role.OWNER), (ANN, Role.SALES)):
            invite(directory, party="northwind", email=email, name=email.partition("@")[0].title(), role=role, by="", at=NOW)
    return made


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        made.claims = {"sub": "ann-1", "email": ANN, "email_verified": True, "iat": NOW_SECONDS, "exp": NOW_SECONDS + 300}
        yield made


@pytest.fixture
def site(installation: Installation, provider: Provider) -> Iterator[Site]:
    with with_provider(installation, provider.issuer) as made:
        yield made


@contextmanager
def with_provider(installation: Installation, issuer: str, **settings: Any) -> Iterator[Site]:
    told = {"oidc_issuer": issuer, "oidc_client_id": "desk", "oidc_client_secret": "word & more", "oidc_name": "Northwind"} | settings
    with served(installation, **told) as made:
        yield made


def go_out(site: Site, goal: str = "/settings") -> tuple[str, str]:
    """Begin: where the browser is sent, and the cookie it keeps."""
    answer = site.anybody().ask(f"/sign-in/elsewhere?next={goal}")
    assert answer.status == 303, answer.text
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


def come_back(site: Site, address: str, cookie: str) -> Answer:
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://127.0.0.1:{site.port}/sign-in/elsewhere/back"
    return site.anybody().ask(f"{parts.path}?{parts.query}", headers={"Cookie": cookie} if cookie else {})


def walk(site: Site, provider: Provider) -> Answer:
    address, cookie = go_out(site)
    return come_back(site, provider.approve(address), cookie)


def ann(installation: Installation) -> Person:
    with installation.open() as directory:
        found = directory.person_of_email(ANN)
    assert found is not None
    return found


def is_in(site: Site, answer: Answer) -> bool:
    """Whether the answer brings a session that is somebody's."""
    if answer.status != 303 or "payper=" not in answer.headers.get("set-cookie", ""):
        return False
    session = answer.headers["set-cookie"].partition(";")[0]
    return site.anybody().ask("/settings", headers={"Cookie": session}).status == 200


def test_a_provider_of_others_making_lets_in_who_is_invited(installation: Installation) -> None:
    """oidc-provider-mock: discovery, codes and signed tokens by Authlib; its clock is the machine's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

        users = [
            oidc_provider_mock.User(sub="ann-1", claims={"email": ANN, "email_verified": True}),
            oidc_provider_mock.User(sub="eve-1", claims={"email": ANN, "email_verified": False}),
            oidc_provider_mock.User(sub="zoe-1", claims={"email": "zoe@northwind.example.org", "email_verified": True}),
        ]
        with oidc_provider_mock.run_server_in_thread(user_claims=users) as honest:
            issuer = f"http://127.0.0.1:{honest.server_port}"
            with with_provider(installation, issuer, clock=lambda: datetime.now(UTC)) as site:
                page = site.anybody().ask("/sign-in?next=/contracts")
                assert "sign in with Northwind" in page.text
                found = re.search(r'href="(/sign-in/elsewhere[^"]*)"', page.text)
                assert found is not None
                assert found[1] == "/sign-in/elsewhere?next=%2Fcontracts"
                outcomes = {}
                for subject in ("eve-1", "zoe-1", "ann-1", "eve-1", "ann-1"):
                    address, cookie = go_out(site)
                    approved = httpx2.post(address, data={"sub": subject})
                    assert approved.status_code == 302, approved.text
                    answer = come_back(site, approved.headers["location"], cookie)
                    outcomes.setdefault(subject, []).append(is_in(site, answer))
                    if outcomes[subject][-1]:
                        assert answer.headers["location"] == "/settings"
                assert outcomes == {"eve-1": [False, False], "zoe-1": [False], "ann-1": [True, True]}
    assert ann(installation).subject == f"{issuer} ann-1"


def test_an_address_ties_an_account_once_and_then_the_account_alone_counts(site: Site, provider: Provider) -> None:
    assert is_in(site, walk(site, provider))
    provider.claims |= {"email": "elsewhere@example.org", "email_verified": False}
    assert is_in(site, walk(site, provider))
    provider.claims |= {"sub": "eve-2", "email": ANN, "email_verified": True}
    assert not is_in(site, walk(site, provider))
    assert ann(site.installation).subject == f"{provider.issuer} ann-1"


def test_who_acts_no_more_is_not_let_in(site: Site, provider: Provider) -> None:
    from payper.desk.people.people import Actor
    from payper.parties import acts_of

    assert is_in(site, walk(site, provider))
    with site.installation.open() as directory:
        owner = directory.person_of_email("olga@northwind.example.org")
        assert owner is not None
        actor = Actor("northwind", owner.person, acts_of(Role.OWNER), role=Role.OWNER)
        change_role(directory, actor, person=ann(site.installation).person, role=None, at=NOW)
    assert not is_in(site, walk(site, provider))


REFUSED = {
    "another nonce": lambda claims: claims.update(nonce="x"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "another audience": lambda claims: claims.update(aud="other"),
    "no audience": lambda claims: claims.pop("aud"),
    "several audiences, none named": lambda claims: claims.update(aud=["desk", "other"]),
    "made for another": lambda claims: claims.update(aud=["desk", "other"], azp="other"),
    "another issuer": lambda claims: claims.update(iss="https://evil.example.com"),
    "issuer with a slash": lambda claims: claims.update(iss=claims["iss"] + "/"),
    "over": lambda claims: claims.update(exp=NOW_SECONDS - 61),
    "never over": lambda claims: claims.pop("exp"),
    "over in words": lambda claims: claims.update(exp="never"),
    "from the future": lambda claims: claims.update(iat=NOW_SECONDS + 61),
    "no time": lambda claims: claims.pop("iat"),
    "nobody": lambda claims: claims.pop("sub"),
    "an empty name": lambda claims: claims.update(sub=""),
    "a number for a name": lambda claims: claims.update(sub=7),
    "an address not verified": lambda claims: claims.update(email_verified=False),
    "an address of which nothing is said": lambda claims: claims.pop("email_verified"),
    "an address verified perhaps": lambda claims: claims.update(email_verified="perhaps"),
    "an address that is none": lambda claims: claims.update(email="ann"),
    "no address": lambda claims: claims.pop("email"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_token_that_is_not_right_lets_nobody_in(site: Site, provider: Provider, what: str) -> None:
    provider.change = REFUSED[what]
    answer = walk(site, provider)
    assert answer.status == 401, answer.text
    assert not is_in(site, answer)
    assert ann(site.installation).subject is None
    provider.change = lambda _: None
    assert is_in(site, walk(site, provider))


def forged(provider: Provider, kind: str, claims: dict[str, Any]) -> str:
    def part(told: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()

    key = provider.keys[0]
    if kind == "no signature":
        return f"{part({'alg': 'none'})}.{part(claims)}."
    if kind == "the public key as a secret":
        signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"
        mark = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"
    if kind == "another key of the same name":
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))
    if kind == "a key it brings along":
        own = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": "own", "jwk": own.as_dict(private=False)}, claims, own)
    good = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
    if kind == "changed claims":
        head, _, signature = good.split(".")
        return f"{head}.{part(claims | {'sub': 'eve'})}.{signature}"
    return {"no token": "", "a word": "hello", "half": good[: len(good) // 2]}[kind]


@pytest.mark.parametrize(
    "kind",
    ["no signature", "the public key as a secret", "another key of the same name", "a key it brings along", "changed claims", "no token", "a word", "half"],
)  # fmt: skip
def test_a_signature_that_is_not_the_providers_lets_nobody_in(site: Site, provider: Provider, kind: str) -> None:
    provider.token = lambda claims: forged(provider, kind, claims)
    answer = walk(site, provider)
    assert answer.status == 401
    assert not is_in(site, answer)
    assert ann(site.installation).subject is None


def test_a_provider_may_change_its_keys(site: Site, provider: Provider) -> None:
    assert is_in(site, walk(site, provider))
    provider.keys = [RSAKey.generate_key(2048, {"kid": "two"})]
    assert is_in(site, walk(site, provider))


def test_a_code_and_a_state_serve_once(site: Site, provider: Provider) -> None:
    address, cookie = go_out(site)
    back = provider.approve(address)
    assert is_in(site, come_back(site, back, cookie))
    assert come_back(site, back, cookie).status == 401
    used = parse_qs(urlsplit(back).query)["code"][0]
    again, other_cookie = go_out(site)
    replayed = re.sub(r"code=[^&]+", f"code={used}", provider.approve(again))
    assert come_back(site, replayed, other_cookie).status == 401


def test_a_sign_in_that_began_in_another_browser_is_not_finished(site: Site, provider: Provider) -> None:
    """Else somebody could slip their own session to another (RFC 9700, 4.7)."""
    for cookie in ("", "payper-state=", "payper-state=" + "x" * 43, go_out(site)[1]):
        address, _ = go_out(site)
        assert come_back(site, provider.approve(address), cookie).status == 401
    address, cookie = go_out(site)
    back = provider.approve(address)
    for wrong in ("", "x", "%00"):
        assert come_back(site, re.sub(r"state=.*", f"state={wrong}", back), cookie).status == 401


def test_a_sign_in_takes_ten_minutes_at_most(installation: Installation, provider: Provider) -> None:
    from datetime import timedelta

    now = [NOW]
    with with_provider(installation, provider.issuer, clock=lambda: now[0]) as site:
        address, cookie = go_out(site)
        back = provider.approve(address)
        now[0] = NOW + timedelta(minutes=10, seconds=1)
        assert come_back(site, back, cookie).status == 401


def test_a_code_of_another_challenge_is_refused_by_a_provider_that_looks(site: Site, provider: Provider) -> None:
    address, cookie = go_out(site)
    back = provider.approve(address)
    provider.codes[parse_qs(urlsplit(back).query)["code"][0]]["code_challenge"] = "x"
    assert come_back(site, back, cookie).status == 401


def test_an_address_may_stand_where_the_provider_tells_of_people(site: Site, provider: Provider) -> None:
    del provider.claims["email"], provider.claims["email_verified"]
    provider.userinfo = {"sub": "somebody else", "email": ANN, "email_verified": True}
    assert not is_in(site, walk(site, provider))


def test_an_address_that_stands_beside_the_same_name_counts(installation: Installation, provider: Provider) -> None:
    del provider.claims["email"], provider.claims["email_verified"]
    provider.userinfo = {"sub": "ann-1", "email": ANN, "email_verified": True}
    with with_provider(installation, provider.issuer) as site:
        assert is_in(site, walk(site, provider))


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example.com"}, {"authorization_endpoint": "http://evil.example.com/authorize"}, {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_a_provider_that_is_not_what_it_says_is_not_gone_to(installation: Installation, provider: Provider, about: dict[str, Any]) -> None:
    provider.about = about
    with with_provider(installation, provider.issuer) as site:
        answer = site.anybody().ask("/sign-in/elsewhere")
        assert answer.status == 401
        assert 'id="password"' in answer.text


def test_a_provider_that_is_down_leaves_the_password(installation: Installation) -> None:
    with with_provider(installation, "http://127.0.0.1:9") as site:
        answer = site.anybody().ask("/sign-in/elsewhere")
        assert answer.status == 503
        assert "sign in with a password" in answer.text
        assert site.anybody().ask("/sign-in").status == 200


def test_who_says_no_at_the_provider_comes_back_to_the_form(site: Site) -> None:
    address, cookie = go_out(site)
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = site.anybody().ask(f"/sign-in/elsewhere/back?error=access_denied&state={state}", headers={"Cookie": cookie})
    assert answer.status == 401
    assert "access_denied" not in answer.text


@pytest.mark.parametrize("goal", ["https://evil.example.com/", "//evil.example.com", "/\\evil.example.com"])
def test_the_way_back_leads_to_a_page_of_ours(site: Site, provider: Provider, goal: str) -> None:
    address, cookie = go_out(site, goal)
    answer = come_back(site, provider.approve(address), cookie)
    assert answer.headers["location"] == "/"


def test_without_a_provider_there_is_no_such_way(installation: Installation) -> None:
    with served(installation) as site:
        assert "elsewhere" not in site.anybody().ask("/sign-in").text
        for path in ("/sign-in/elsewhere", "/sign-in/elsewhere/back?code=a&state=b"):
            assert site.anybody().ask(path).status == 404


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({"PAYPER_OIDC_ISSUER": "http://login.example.com", "PAYPER_OIDC_CLIENT_ID": "x"}, "PAYPER_OIDC_ISSUER"),
        ({"PAYPER_OIDC_ISSUER": "https://login.example.com"}, "oidc_client_id"),
        ({"PAYPER_OIDC_CLIENT_SECRET_FILE": "/nowhere"}, "PAYPER_OIDC_CLIENT_SECRET_FILE"),
    ],
)  # fmt: skip
def test_a_setting_of_the_provider_that_cannot_be_is_named(environment: dict[str, str], where: str) -> None:
    with pytest.raises(UsageError) as caught:
        configure(environment)
    assert caught.value.where == where
