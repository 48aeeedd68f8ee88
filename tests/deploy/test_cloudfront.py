"""CloudFront before a function URL: what goes round it opens nothing."""

import pytest
from browser import SCRIPT
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace


@pytest.fixture(scope="module")
def outputs(account, upstream):
    # With every secret that the check takes a stand-in for.
    parameters = {"UpstreamSecretHeader": "x-origin:0123456789abcdefghij", "CloudFront": "true"}
    return account.deploy("function-url", "behind-cloudfront", UpstreamUrl=upstream, Domain="behind-cloudfront", **parameters)


def test_the_function_url_alone_opens_nothing(account, outputs, browser):
    assert outputs["Url"].endswith(".cloudfront.net")
    functions = account.client("lambda")
    [name] = [f["FunctionName"] for f in functions.list_functions()["Functions"] if f["FunctionName"].startswith("behind-cloudfront-Proxy")]
    url = functions.get_function_url_config(FunctionName=name)["FunctionUrl"]
    for headers in (SCRIPT, SCRIPT | {"x-origin-secret": "another", "x-client-address": "6.6.6.6"}):
        answer = browser.send(url + "api", headers)
        assert answer.status == 403, answer
    assert browser.send(url + "oauth2/health", SCRIPT).status == 200


def test_the_application_gets_the_clients_address_and_none_that_a_client_wrote(account, outputs, browser):
    sign_up_grace(account, outputs)
    assert sign_in(browser, outputs["Url"] + "/start", GRACE, GRACES_PASSWORD).status == 200
    forged = {"x-forwarded-for": "6.6.6.6", "x-client-address": "6.6.6.6", "cloudfront-viewer-address": "6.6.6.6:1"}
    answer = browser.send(outputs["Url"] + "/api", SCRIPT | forged)
    received = [pair for pair in answer.json()["headers"] if pair[0] in ("x-forwarded-for", "x-client-address")]
    assert received == [["x-forwarded-for", "127.0.0.1"]], answer
