"""Updates of a stack while people use it: no user gets an error, and new users can sign in afterwards."""

import contextlib
import json
import time

import application
import pytest
from account import REGION, wait_until
from browser import SCRIPT
from fronts import CUSTOM_HOST, HOSTS_OF_UPDATES, updated_domain
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace
from stacks import log, outages, start_anew, vestibule
from steady import Steady


class Stack:
    def __init__(self, account, beforehand, front, upstream):
        self.account, self.beforehand, self.front, self.name = account, beforehand, front, f"updated-{front}"
        self.parameters = {"UpstreamUrl": upstream, "Domain": updated_domain(front), **beforehand.parameters(front, HOSTS_OF_UPDATES[0])}
        self.deploy()
        sign_up_grace(account, self.outputs)

    def deploy(self, **changed):
        self.parameters |= changed
        self.outputs = self.account.deploy(self.front, self.name, **self.parameters)

    def start_anew(self):
        start_anew(self.account, self.name)

    def outages(self):
        return outages(self.account, self.name)

    def took_over(self):
        """Returns the name of a function for each time that one took over a changed configuration."""
        return [json.loads(line)["function"] for line in log(self.account, self.name, "take_configuration")]

    def enter(self, browser, url):
        return sign_in(browser, url + "/after", GRACE, GRACES_PASSWORD)

    def opens(self, browser, url=None):
        answer = self.enter(browser, url or self.outputs["Url"])
        return answer.status == 200 and answer.json()["path"].endswith("/after")


@pytest.fixture(scope="module", params=["http-api", "default", "alb"])
def stack(request, account, beforehand, upstream):
    return Stack(account, beforehand, request.param, upstream)


@pytest.fixture(scope="module")
def application_of_before(upstream):
    return upstream.removeprefix("http://")


def settings(stack):
    secrets = stack.account.client("secretsmanager")
    secrets.create_secret(Name=f"{stack.name}-settings", SecretString='{"login_redirect_uri":"/landed"}')
    return {
        "UpstreamUrl": application.serve(),
        "Routes": '[{"paths":["/public/*"],"auth":"none"}]',
        "Configuration": '{"authorization_query_args":{"ui_locales":"en"}}',
        "ConfigurationSecret": f"{stack.name}-settings",
        # The stack's own pool, which the stack gives up but which is retained.
        "UserPoolId": stack.outputs["UserPoolId"],
    }


# Each session is refreshed every ten seconds: the tokens are valid for five minutes, the least that Cognito allows.
OWN = '{"authorization_query_args":{"ui_locales":"de"},"login_redirect_uri":"/landed","refresh_lead":290}'


# In this order, each with the statuses that a signed-in user may get meanwhile. The callback changes in the steps of docs/deploy/pipeline.md.
KEPT, ENDED = {200}, {200, 401}
UPDATES = {
    "the application, the routes, the settings, and a pool that exists": (settings, KEPT),
    "sessions into the cookie; the next callback is registered": (
        lambda _: {"SessionStorage": "cookie", "SecondCallbackPath": "/signed-in"},
        ENDED,
    ),
    "sessions into a table that is there; the next callback is sent": (
        lambda stack: {
            "SessionStorage": "dynamodb",
            "SessionTable": stack.beforehand.session_table(f"{stack.name}-given"),
            "CallbackPath": "/signed-in",
            "SecondCallbackPath": "/oauth2/callback",
        },
        ENDED,
    ),
    "sessions into a table of the stack, other settings; the callback of before goes": (
        lambda _: {"SessionTable": "", "ConfigurationSecret": "", "Configuration": OWN, "AccessTokenMinutes": "5", "SecondCallbackPath": ""},
        ENDED,
    ),
}


@pytest.mark.parametrize("changed", UPDATES)
def test_an_update_interrupts_nobody_and_people_come_in_at_any_time(stack, new_browser, changed):
    parameters, meanwhile = UPDATES[changed]
    updated(stack, new_browser, parameters(stack), meanwhile)


def updated(stack, new_browser, parameters, meanwhile):
    browser, url = new_browser(), stack.outputs["Url"]
    assert stack.opens(browser)
    inside = Steady(lambda: browser.send(url + "/api", SCRIPT))
    arriving = Steady(lambda: stack.enter(new_browser(), url))
    with inside, arriving:
        stack.deploy(**parameters)
        # Running functions still have the earlier text; these sign-ins end at functions that have the next one.
        begun = new_browser()
        page = begun.follow(begun.send(url + "/begun"))
    assert not inside.others(meanwhile), stack.outages()
    assert not arriving.others(KEPT), stack.outages()
    assert stack.opens(new_browser(), url)
    # A running function reads a changed secret within five minutes, a new one at its start.
    stack.start_anew()
    assert begun.submit(page, username=GRACE, password=GRACES_PASSWORD).url == url + "/begun"
    assert meanwhile == ENDED or browser.send(url + "/api", SCRIPT).status == 200
    assert stack.opens(new_browser(), url)
    assert stack.opens(new_browser())


def test_nothing_answers_by_the_settings_of_before(stack, browser, application_of_before):
    url = stack.outputs["Url"]
    public = browser.send(url + "/public/page", SCRIPT)
    assert public.status == 200, public
    assert dict(public.json()["headers"])["host"] != application_of_before
    assert browser.send(url + "/page", SCRIPT).status == 401
    login = browser.send(url + "/oauth2/login").location
    assert "ui_locales=de" in login
    assert "%2Fsigned-in&" in login
    assert sign_in(browser, url + "/oauth2/login", GRACE, GRACES_PASSWORD).url == url + "/landed"


JSON = SCRIPT | {"Content-Type": "application/json"}


def secret_in_use(stack):
    text = stack.account.client("secretsmanager").get_secret_value(SecretId=f"{stack.name}/vestibule/client")["SecretString"]
    return json.loads(text)["client_secret"]


def authenticates(stack, browser, secret):
    form = {"grant_type": "client_credentials", "client_id": stack.outputs["ClientId"], "client_secret": secret}
    answer = browser.send(f"https://{stack.parameters['Domain']}.auth.{REGION}.amazoncognito.com/oauth2/token", {}, form=form)
    return answer.json().get("error") != "invalid_client"


def test_the_secret_of_the_client_changes_under_requests(stack, new_browser):
    """docs/operate.md, "The secret of the app client"."""
    if stack.front != "default":
        pytest.skip("one front is enough; here three functions use the secret, each in another way")
    browser, renewing, url = new_browser(), new_browser(), stack.outputs["Url"]
    assert stack.opens(browser) and stack.opens(renewing)
    # From here on the authorizer, the callback and the session function run with the secret of before.
    assert browser.send(url + "/api", SCRIPT).status == renewing.send(url + "/oauth2/refresh", JSON, method="POST").status == 200
    before = secret_in_use(stack)
    steady = [
        Steady(lambda: browser.send(url + "/api", SCRIPT)),
        Steady(lambda: renewing.send(url + "/oauth2/refresh", JSON, method="POST")),
        Steady(lambda: stack.enter(new_browser(), url)),
    ]
    with contextlib.ExitStack() as requests:
        for each in steady:
            requests.enter_context(each)
        assert vestibule(stack.account, stack.name, "client-secret", "rotate")[1]["next"] == "drop"
        assert authenticates(stack, new_browser(), before) and authenticates(stack, new_browser(), secret_in_use(stack))
        assert vestibule(stack.account, stack.name, "client-secret", "drop")[1]["refused"] == "too_early"
        # A process reads no other secret in its first ten seconds. One that starts from now on reads the new one.
        time.sleep(11)
        earlier = len(stack.took_over())
        code, told = vestibule(stack.account, stack.name, "client-secret", "drop", "--now")
        assert (code, len(told["secrets"])) == (0, 1), told
        # Nothing except the provider's refusal has told them.
        knowing = {"authorizer", "callback", "session"}
        wait_until(lambda: set(stack.took_over()[earlier:]) == knowing, "three functions have the new secret")
    for each in steady:
        assert not each.others(KEPT), stack.outages()
    assert all(answer.json()["refreshable"] for answer in steady[1].seen)
    assert not authenticates(stack, new_browser(), before)
    assert authenticates(stack, new_browser(), secret_in_use(stack))


def test_a_custom_domain_stands_beside_the_address_of_before(stack, beforehand, new_browser):
    """docs/deploy/pipeline.md: "A custom domain for an HTTP API", "Another host name at a load balancer"."""
    if stack.front == "default":
        pytest.skip("this front has one address")
    kept = {"KeptDomainName": HOSTS_OF_UPDATES[0], "CustomDomainName": HOSTS_OF_UPDATES[2]}
    kept = kept if stack.front == "alb" else beforehand.custom_domain(CUSTOM_HOST) | {"KeepEndpoint": "true"}
    updated(stack, new_browser, kept, KEPT)


def test_a_second_stack_has_another_address_while_the_first_goes_on(stack, beforehand, new_browser):
    """docs/deploy/pipeline.md, "Another address without a gap"."""
    if stack.front != "default":
        pytest.skip("one front with a stage is enough")
    browser, url = new_browser(), stack.outputs["Url"]
    assert stack.opens(browser)
    parameters = stack.parameters | {"UserPoolId": stack.outputs["UserPoolId"], "StageName": "beside"}
    with Steady(lambda: browser.send(url + "/api", SCRIPT)) as steady:
        second = stack.account.deploy(stack.front, "beside", **parameters)["Url"]
        # The users of the pool can sign in there.
        assert stack.opens(new_browser(), second)
        stack.account.delete("beside")
    assert not steady.others(KEPT), stack.outages()
    assert stack.opens(new_browser())


# The statuses at an address that is removed with its deployment, as docs/deploy/pipeline.md describes: no error of vestibule, and nothing of the
# application. 403: API Gateway knows no such stage, or its endpoint is disabled; 404: no load balancer has the name.
GOES = {200, 403, 404}
ADDRESSES = {
    "http-api": [lambda _: {"KeepEndpoint": "false"}],
    "default": [lambda _: {"StageName": "next"}, lambda beforehand: beforehand.custom_domain(HOSTS_OF_UPDATES[1])],
    "alb": [lambda _: {"KeptDomainName": ""}],
}


@pytest.mark.parametrize("number", [0, 1])
def test_an_address_that_goes_fails_nobody_and_opens_nothing(stack, beforehand, new_browser, number):
    if number >= len(ADDRESSES[stack.front]):
        pytest.skip("no other address of this front can go")
    browser, url = new_browser(), stack.outputs["Url"]
    if stack.front == "alb":
        url = f"https://{HOSTS_OF_UPDATES[0]}"
    assert stack.opens(browser, url)
    with Steady(lambda: browser.send(url + "/api", SCRIPT)) as steady:
        stack.deploy(**ADDRESSES[stack.front][number](beforehand))
    assert not steady.others(GOES), stack.outages()
    stack.start_anew()
    assert stack.opens(new_browser())
    if stack.front == "alb":
        beforehand.delete_record(HOSTS_OF_UPDATES[0])
    if url != stack.outputs["Url"]:
        assert browser.send(url + "/api", SCRIPT).status in GOES - {200}
