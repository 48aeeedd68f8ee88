"""CloudFront in front of a function URL: a request that bypasses it gets nothing, even while the secret changes."""

import json

import pytest
from browser import SCRIPT
from fronts import CLOUDFRONT_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace
from stacks import outages, start_anew
from steady import Steady


@pytest.fixture(scope="module")
def outputs(account, upstream):
    return deploy(account, upstream)


STACK = "behind-cloudfront"


def deploy(account, upstream, **changed):
    # Includes every secret that the check replaces by a placeholder.
    parameters = {"UpstreamSecretHeader": "x-origin:0123456789abcdefghij", "CloudFront": "true"}
    return account.deploy("function-url", STACK, UpstreamUrl=upstream, Domain=STACK, **parameters | changed)


def function_url(account):
    functions = account.client("lambda")
    [name] = [f["FunctionName"] for f in functions.list_functions()["Functions"] if f["FunctionName"].startswith(f"{STACK}-Proxy")]
    return functions.get_function_url_config(FunctionName=name)["FunctionUrl"]


def test_the_function_url_alone_opens_nothing(account, outputs, browser):
    assert outputs["Url"].endswith(".cloudfront.net")
    url = function_url(account)
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


def header_at_the_distribution(account, value):
    cloudfront = account.client("cloudfront")
    [distribution] = [each["Id"] for each in cloudfront.list_distributions()["DistributionList"]["Items"] if each["Comment"] == STACK]
    answer = cloudfront.get_distribution_config(Id=distribution)
    [origin] = answer["DistributionConfig"]["Origins"]["Items"]
    origin["CustomOriginConfig"] |= {"HTTPPort": 80, "HTTPSPort": 443}
    [header] = origin["CustomHeaders"]["Items"]
    before, header["HeaderValue"] = header["HeaderValue"], value or header["HeaderValue"]
    cloudfront.update_distribution(Id=distribution, IfMatch=answer["ETag"], DistributionConfig=answer["DistributionConfig"])
    return before


def test_the_secret_changes_by_the_documented_steps_and_interrupts_nobody(account, outputs, browser):
    """docs/deploy/addresses.md, "CloudFront before a function URL"."""
    secrets, url = account.client("secretsmanager"), outputs["Url"] + "/api"
    old, new = header_at_the_distribution(account, None), "the-next-secret-of-the-front-0123456789"
    assert old == json.loads(secrets.get_secret_value(SecretId=f"{STACK}/vestibule/front")["SecretString"])["secret"]
    document = json.loads(secrets.get_secret_value(SecretId=f"{STACK}/vestibule/client")["SecretString"])

    def taken(*values):
        document["front_secret_header"] = [f"x-origin-secret: {value}" for value in values]
        secrets.put_secret_value(SecretId=f"{STACK}/vestibule/client", SecretString=json.dumps(document))
        start_anew(account, STACK)

    assert sign_in(browser, outputs["Url"] + "/start", GRACE, GRACES_PASSWORD).status == 200
    with Steady(lambda: browser.send(url, SCRIPT)) as steady:
        taken(new, old)
        header_at_the_distribution(account, new)
        assert browser.send(url, SCRIPT).status == 200
        taken(new)
        assert browser.send(url, SCRIPT).status == 200
    assert not steady.others({200}), outages(account, STACK)
    stranger = {"x-origin-secret": old}
    assert browser.send(function_url(account) + "api", SCRIPT | stranger).status == 403


def test_a_name_of_its_own_after_the_secret_has_changed(account, beforehand, upstream, outputs, browser, new_browser):
    """A later deployment keeps the changed secret. CloudFront's own name still leads to the application, but offers no sign-in."""
    value = json.dumps({"secret": header_at_the_distribution(account, None)})
    version = account.client("secretsmanager").put_secret_value(SecretId=f"{STACK}/vestibule/front", SecretString=value)["VersionId"]
    assert sign_in(browser, outputs["Url"] + "/start", GRACE, GRACES_PASSWORD).status == 200
    with Steady(lambda: browser.send(outputs["Url"] + "/api", SCRIPT)) as steady:
        named = deploy(account, upstream, FrontSecretVersion=version, **beforehand.custom_domain(CLOUDFRONT_HOST) | {"CertificateArn": beforehand.certificate_for_cloudfront})
    assert not steady.others({200}), outages(account, STACK)
    start_anew(account, STACK)
    assert sign_in(new_browser(), named["Url"] + "/named", GRACE, GRACES_PASSWORD).url == f"https://{CLOUDFRONT_HOST}/named"
    moved = new_browser().send(outputs["Url"] + "/page")
    assert moved.status == 302 and CLOUDFRONT_HOST in moved.location, moved
