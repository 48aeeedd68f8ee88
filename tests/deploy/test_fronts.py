"""Each front, deployed once with the commands of docs/deploy.md, as a user and a script see it."""

import pytest
from account import REGION, wait_until
from browser import PAGE, SCRIPT
from fronts import FRONTS
from people import ADA, ADAS_PASSWORD, GRACE, GRACES_PASSWORD, invite_ada, sign_in, sign_up_grace


class Deployment:
    def __init__(self, account, front, upstream, parameters):
        self.front = front
        self.domain = f"{front}-sign-in"
        self.outputs = account.deploy(front, front, UpstreamUrl=upstream, Domain=self.domain, **parameters)
        self.url = self.outputs["Url"]


@pytest.fixture(scope="module", params=FRONTS)
def deployment(request, account, beforehand, upstream):
    deployment = Deployment(account, request.param, upstream, beforehand.parameters(request.param))
    invite_ada(account, deployment.outputs)
    sign_up_grace(account, deployment.outputs)
    return deployment


@pytest.fixture
def signed_in(deployment, browser):
    """Returns the browser in which Grace is signed in."""
    page = sign_in(browser, deployment.url + "/start", GRACE, GRACES_PASSWORD)
    assert page.status == 200, page
    return browser


def headers(response):
    """Returns the headers that the application received, each of which must occur once."""
    assert response.status == 200, response
    pairs = response.json()["headers"]
    assert len(pairs) == len({name for name, _ in pairs}), pairs
    return dict(pairs)


def test_a_page_leads_over_sign_in_to_exactly_itself(deployment, browser):
    page = deployment.url + "/reports/2026?year=2026&month=11"
    first = browser.send(page)
    assert first.status == 302, first
    answer = sign_in(browser, page, GRACE, GRACES_PASSWORD)
    assert answer.url == page
    assert answer.json()["path"] == "/reports/2026?year=2026&month=11"
    received = headers(answer)
    assert received["x-vestibule-email"] == GRACE
    assert received["x-vestibule-claims"]


def test_an_invited_user_sets_a_password_and_comes_in(deployment, browser):
    page = sign_in(browser, deployment.url + "/", ADA, "temporary-password")
    answer = browser.submit(page, new_password=ADAS_PASSWORD, confirm_password=ADAS_PASSWORD)
    assert headers(answer)["x-vestibule-email"] == ADA


def test_a_script_without_a_session_gets_401(deployment, browser):
    answer = browser.send(deployment.url + "/api", SCRIPT)
    assert answer.status == 401, answer
    assert "application" not in answer.json()


def test_a_bearer_token_opens_and_a_changed_one_does_not(deployment, signed_in, new_browser):
    received = headers(signed_in.send(deployment.url + "/api", SCRIPT))
    scheme, token = received["authorization"].split()
    assert scheme == "Bearer"
    stranger = new_browser()
    answer = stranger.send(deployment.url + "/api", SCRIPT | {"Authorization": f"Bearer {token}"})
    assert headers(answer)["x-vestibule-sub"] == received["x-vestibule-sub"]
    changed = token[:-8] + token[-8:].swapcase()
    assert stranger.send(deployment.url + "/api", SCRIPT | {"Authorization": f"Bearer {changed}"}).status == 401
    assert not stranger.cookies()


def test_sign_out_ends_the_session_here_and_leads_to_the_pool(deployment, signed_in, new_browser):
    kept = list(signed_in.jar)
    left = signed_in.send(deployment.outputs["LogoutUrl"])
    assert left.location.startswith(f"https://{deployment.domain}.auth.{REGION}.amazoncognito.com/logout?"), left
    assert signed_in.follow(left).url == deployment.url + "/oauth2/signed-out"
    assert signed_in.send(deployment.url + "/api", SCRIPT).status == 401
    # Sessions are in the table, so a copy of the cookie becomes invalid too, as soon as no function has the row in memory.
    thief = new_browser()
    for cookie in kept:
        thief.jar.set_cookie(cookie)
    wait_until(lambda: thief.send(deployment.url + "/api", SCRIPT).status == 401, "a copied cookie opens nothing")
