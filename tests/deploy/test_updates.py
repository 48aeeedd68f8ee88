"""Updates of a stack while people use it: nobody gets an error, and people come in afterwards."""

import secrets
import threading

import application
import pytest
from browser import SCRIPT
from fronts import CUSTOM_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace


class Steady:
    """Sends requests one after the other as somebody who is signed in, until it is left, and keeps the statuses."""

    def __init__(self, browser, url):
        self.browser, self.url, self.statuses, self.left = browser, url, [], threading.Event()
        self.thread = threading.Thread(target=self.send)

    def send(self):
        while not self.left.is_set():
            answer = self.browser.send(self.url, SCRIPT)
            # The emulator ends a function in the middle of a request when its environment changes (emulator-gaps.yaml).
            if "Runtime exited before returning a response" not in answer.text:
                self.statuses.append(answer.status)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.left.set()
        self.thread.join()


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

    def opens(self, browser):
        answer = sign_in(browser, self.outputs["Url"] + "/after", GRACE, GRACES_PASSWORD)
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
    "the callback": (lambda *_: {"CallbackPath": "/signed-in"}, KEPT),
    # The stack's own, which it lets go and keeps.
    "a pool that exists": (lambda stack, _: {"UserPoolId": stack.outputs["UserPoolId"]}, KEPT),
    # The address of before is then switched off.
    "a custom domain": (lambda _, beforehand: beforehand.custom_domain(CUSTOM_HOST), {200, 403, 404}),
}


@pytest.mark.parametrize("changed", UPDATES)
def test_an_update_interrupts_nobody_and_people_come_in_afterwards(stack, beforehand, new_browser, changed):
    parameters, meanwhile = UPDATES[changed]
    browser = new_browser()
    assert stack.opens(browser)
    with Steady(browser, stack.outputs["Url"] + "/api") as steady:
        stack.deploy(**parameters(stack, beforehand))
    assert set(steady.statuses) <= meanwhile, steady.statuses
    # A running function takes a changed secret within five minutes, and a new one at its start.
    stack.start_anew()
    assert stack.opens(new_browser())


def test_routes_of_an_update_hold_through_the_next_ones(stack, browser):
    assert browser.send(stack.outputs["Url"] + "/public/page", SCRIPT).status == 200
    assert browser.send(stack.outputs["Url"] + "/page", SCRIPT).status == 401
