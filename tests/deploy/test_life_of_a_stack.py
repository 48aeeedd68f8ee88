"""A first deployment that fails, a second try, deletion, and another deployment under the same name."""

import contextlib

import pytest
from account import DeploymentFailed
from fronts import FRONTS, TAKEN_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace


@contextlib.contextmanager
def taken_domain(account, stack, domain):
    """The sign-in domain belongs to another account."""
    cognito = account.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool, Domain=domain)
    yield
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain=domain)
    cognito.delete_user_pool(UserPoolId=pool)


@contextlib.contextmanager
def taken_host(account, stack, domain):
    """The application's name belongs to another API. This fails late, after the pool was created."""
    apis = account.client("apigatewayv2")
    apis.create_domain_name(DomainName=TAKEN_HOST)
    yield
    apis.delete_domain_name(DomainName=TAKEN_HOST)


def pools(account):
    return {pool["Name"] for pool in account.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]}


@pytest.mark.parametrize("taken", [taken_domain, taken_host])
def test_a_first_deployment_that_fails_takes_its_pool_away_and_can_be_repeated(account, upstream, beforehand, browser, taken):
    stack = domain = f"first-{taken.__name__.replace('_', '-')}"
    parameters = {"UpstreamUrl": upstream, "Domain": domain, "PoolName": stack, **beforehand.custom_domain(TAKEN_HOST)}
    with taken(account, stack, domain):
        with pytest.raises(DeploymentFailed, match="ROLLBACK"):
            account.deploy("http-api", stack, **parameters)
        assert stack not in pools(account)
    # The fault is gone, and the empty stack still stands in the way, as docs/deploy.md says.
    with pytest.raises(DeploymentFailed, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        account.deploy("http-api", stack, **parameters)
    account.delete(stack)
    outputs = account.deploy("http-api", stack, **parameters)
    sign_up_grace(account, outputs)
    assert sign_in(browser, outputs["Url"] + "/", GRACE, GRACES_PASSWORD).status == 200
    account.delete(stack)


@pytest.mark.parametrize("front", FRONTS)
def test_users_stay_when_the_stack_goes_and_a_new_one_takes_them_over(account, beforehand, upstream, new_browser, front):
    stack = domain = f"again-{front}"
    parameters = {"UpstreamUrl": upstream, "Domain": domain, **beforehand.parameters(front, "again.example.com")}
    first = account.deploy(front, stack, **parameters)
    sign_up_grace(account, first)
    account.delete(stack)
    assert not account.left_of(stack)
    second = account.deploy(front, stack, **parameters, UserPoolId=first["UserPoolId"])
    assert second["ClientId"] != first["ClientId"]
    assert sign_in(new_browser(), second["Url"] + "/", GRACE, GRACES_PASSWORD).status == 200
    account.delete(stack)
