"""Updates of a stack while people use it: nobody gets an error, and people come in afterwards."""

import secrets
import threading

import application
import pytest
from browser import SCRIPT
from fronts import CUSTOM_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace


class Steady:
    """Does one thing after the other until it is left, and keeps what came of each."""

    def __init__(self, act):
        self.act, self.seen, self.left = act, [], threading.Event()
        self.thread = threading.Thread(target=self.repeat)

    def repeat(self):
        while not self.left.is_set():
            answer = self.act()
            # The emulator ends a function in the middle of a request when its environment changes (emulator-gaps.yaml).
            if "Runtime exited before returning a response" not in answer.text:
                self.seen.append(answer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.left.set()
        self.thread.join()

    def statuses(self):
        return {answer.status for answer in self.seen}


class Stack:
    def __init__(self, account, front, parameters):
        self.account, self.front, self.name, self.parameters = account, front, f"updated-{front}", parameters
        self.deploy()
        sign_up_grace(account, self.outputs)

    def deploy(self, **changed):
        self.parameters |= changed
        self.outputs = self.account.deploy(self.front, self.name, **self.parameters)

    def start_anew(self):
        functions = self.account.client("lambda")
        for function in functions.list_functions()["Functions"]:
            if function["FunctionName"].startswith(self.name + "-"):
                variables = function["Environment"]["Variables"] | {"STARTED_ANEW": secrets.token_hex(4)}
                functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": variables})

    def enter(self, browser, url):
        return sign_in(browser, url + "/after", GRACE, GRACES_PASSWORD)

    def opens(self, browser, url=None):
        answer = self.enter(browser, url or self.outputs["Url"])
        return answer.status == 200 and answer.json()["path"] == "/after"


@pytest.fixture(scope="module", params=["http-api"])
def stack(request, account, upstream):
    return Stack(account, request.param, {"UpstreamUrl": upstream, "Domain": f"updated-{request.param}"})


# In this order: each goes on from the one before. Then the statuses that somebody who is signed in may get meanwhile.
KEPT, ENDED = {200}, {200, 401}
UPDATES = {
    "the application": (lambda *_: {"UpstreamUrl": application.serve()}, KEPT),
    "the routes": (lambda *_: {"Routes": '[{"paths":["/public/*"],"auth":"none"}]'}, KEPT),
    "sessions into the cookie": (lambda *_: {"SessionStorage": "cookie"}, ENDED),
    "sessions into the table": (lambda *_: {"SessionStorage": "dynamodb"}, ENDED),
    # The stack's own, which it lets go and keeps.
    "a pool that exists": (lambda stack, _: {"UserPoolId": stack.outputs["UserPoolId"]}, KEPT),
}


@pytest.mark.parametrize("changed", UPDATES)
def test_an_update_interrupts_nobody_and_people_come_in_afterwards(stack, beforehand, new_browser, changed):
    parameters, meanwhile = UPDATES[changed]
    browser, url = new_browser(), stack.outputs["Url"]
    assert stack.opens(browser)
    with Steady(lambda: browser.send(url + "/api", SCRIPT)) as steady:
        stack.deploy(**parameters(stack, beforehand))
    assert steady.statuses() <= meanwhile, steady.seen
    # A running function takes a changed secret within five minutes, and a new one at its start.
    stack.start_anew()
    assert stack.opens(new_browser())


# The steps of docs/deploy/pipeline.md, in this order.
STEPS = {
    "the next callback is registered": lambda _: {"SecondCallbackPath": "/signed-in"},
    "the next callback is sent": lambda _: {"CallbackPath": "/signed-in", "SecondCallbackPath": "/oauth2/callback"},
    "the callback of before goes": lambda _: {"SecondCallbackPath": ""},
    "a custom domain beside the endpoint": lambda beforehand: beforehand.custom_domain(CUSTOM_HOST) | {"KeepEndpoint": "true"},
}


@pytest.mark.parametrize("changed", STEPS)
def test_a_step_lets_everybody_in_at_any_time(stack, beforehand, new_browser, changed):
    browser, url = new_browser(), stack.outputs["Url"]
    assert stack.opens(browser)
    inside = Steady(lambda: browser.send(url + "/api", SCRIPT))
    arriving = Steady(lambda: stack.enter(new_browser(), url))
    with inside, arriving:
        stack.deploy(**STEPS[changed](beforehand))
        # Running functions still have the text of before, and these sign-ins end at functions that have the next one.
        begun = new_browser()
        page = begun.follow(begun.send(url + "/begun"))
    assert inside.statuses() == arriving.statuses() == {200}, (inside.seen, arriving.seen)
    assert stack.opens(new_browser(), url)
    stack.start_anew()
    assert begun.submit(page, username=GRACE, password=GRACES_PASSWORD).url == url + "/begun"
    assert browser.send(url + "/api", SCRIPT).status == 200
    assert stack.opens(new_browser(), url)
    assert stack.opens(new_browser())


def test_the_endpoint_goes_when_people_have_moved_to_the_custom_domain(stack, new_browser):
    browser, url = new_browser(), stack.outputs["Url"]
    assert stack.opens(browser)
    with Steady(lambda: browser.send(url + "/api", SCRIPT)) as steady:
        stack.deploy(KeepEndpoint="false")
    assert steady.statuses() == KEPT, steady.seen
    assert stack.opens(new_browser())
    stack.start_anew()
    assert stack.opens(new_browser())


def test_routes_of_an_update_hold_through_the_next_ones(stack, browser):
    assert browser.send(stack.outputs["Url"] + "/public/page", SCRIPT).status == 200
    assert browser.send(stack.outputs["Url"] + "/page", SCRIPT).status == 401
