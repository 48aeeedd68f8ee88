"""Settings of a deployment: own keys, existing clients and providers, and settings that the check refuses before any resource is created."""

import json
import shutil

import pytest
import read_back
from account import REGION, DeploymentFailed
from fronts import FRONTS
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace
from stacks import reasons, start_anew

BEFORE_THE_CHECK = {"CheckFunction", "CheckRole", "ConfigurationCheck", "LogGroup"}


def headers(answer):
    assert answer.status == 200, answer
    return dict(answer.json()["headers"])


def made(account, stack):
    resources = account.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return {event["LogicalResourceId"] for event in resources if event["ResourceStatus"] == "CREATE_COMPLETE"}


@pytest.fixture(scope="module")
def client(account):
    """Creates, as another owner would, a pool with a domain and with Grace, and a client of the pool."""
    cognito = account.client("cognito-idp")
    kinds = {f"Require{kind}": False for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols")}
    pool = cognito.create_user_pool(
        PoolName="given",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12, **kinds}},
    )["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="given", ManagedLoginVersion=2)
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="given",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "profile"],
        SupportedIdentityProviders=["COGNITO"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]
    sign_up_grace(account, {"UserPoolId": pool, "ClientId": made["ClientId"]})
    secrets = account.client("secretsmanager")
    kept = secrets.create_secret(Name="given-client", SecretString=json.dumps({"client_secret": made["ClientSecret"]}))
    return {"UserPoolId": pool, "ClientId": made["ClientId"], "ClientSecretArn": kept["ARN"]}


def registered(account, client, outputs):
    """Registers the deployment's addresses at the client, as its owner would."""
    cognito = account.client("cognito-idp")
    kept = cognito.describe_user_pool_client(UserPoolId=client["UserPoolId"], ClientId=client["ClientId"])["UserPoolClient"]
    read_only = ("ClientSecret", "LastModifiedDate", "CreationDate")
    kept = {name: value for name, value in kept.items() if value not in ("", [], {}) and name not in read_only}
    kept |= {"CallbackURLs": [outputs["CallbackUrl"]], "LogoutURLs": [outputs["Url"] + "/oauth2/signed-out"]}
    cognito.update_user_pool_client(**kept)


@pytest.mark.parametrize("front", FRONTS)
def test_a_faulty_configuration_is_refused_before_anything_is_made(account, beforehand, upstream, front):
    stack = f"refused-{front}"
    with pytest.raises(DeploymentFailed):
        account.deploy(
            front,
            stack,
            UpstreamUrl=upstream,
            Domain=stack,
            Configuration='{"leway":30,"scopes":["openid"]}',
            **beforehand.parameters(front, f"{stack}.example.com"),
        )
    told = reasons(account, stack)
    assert "Configuration: `leway` is not a known key; did you mean `leeway`?" in told, told
    assert "Configuration: `scopes` is set by the parameter Scopes" in told, told
    assert made(account, stack) <= BEFORE_THE_CHECK, made(account, stack)
    account.delete(stack)


def test_functions_built_for_another_processor_stop_a_deployment_that_can_be_repeated(account, upstream):
    stack, project = "another-processor", account.directory / "another-processor"
    shutil.copytree(account.project("http-api"), project)
    build = project / ".aws-sam" / "http-api"
    # A file that this processor cannot run.
    (build / "CheckFunction" / "bootstrap").write_bytes(b"\x7fELF another processor")
    template = build / "template.yaml"
    template.write_text(template.read_text().replace("ServiceTimeout: 60", "ServiceTimeout: 3"))
    with pytest.raises(DeploymentFailed):
        account.deploy("http-api", stack, project, UpstreamUrl=upstream, Domain=stack)
    assert "timed out" in reasons(account, stack), reasons(account, stack)
    assert made(account, stack) <= BEFORE_THE_CHECK, made(account, stack)
    account.delete(stack)
    assert not account.left_of(stack)


def test_settings_are_in_force_and_a_faulty_change_changes_nothing(account, upstream, new_browser):
    stack, secrets = "settings", account.client("secretsmanager")
    kept = secrets.create_secret(Name="own-settings", SecretString='{"upstream_headers":[{"header":"x-mail","path":["email"]}]}')
    parameters = {
        "UpstreamUrl": upstream,
        "Domain": stack,
        "Configuration": '{"upstream_access_token_header":"none"}',
        "ConfigurationSecret": "own-settings",
        "ConfigurationSecretVersion": kept["VersionId"],
        "Routes": '[{"paths":["/public/*"],"auth":"none"}]',
        "ClientType": "public",
        **read_back.POOL_AND_CLIENT,
    }
    outputs = account.deploy("http-api", stack, **parameters)
    read_back.pool_and_client(account, outputs)
    sign_up_grace(account, outputs)
    browser = new_browser()
    received = headers(sign_in(browser, outputs["Url"] + "/", GRACE, GRACES_PASSWORD))
    assert received["x-mail"] == GRACE
    assert "authorization" not in received
    assert new_browser().send(outputs["Url"] + "/public/page").status == 200
    # Now as the current text: no function reads it, and no deployment with it succeeds.
    faulty = secrets.put_secret_value(SecretId="own-settings", SecretString='{"upstream_headers":"x-mail"}')["VersionId"]
    start_anew(account, stack)
    for changed, told in [
        ({"ConfigurationSecretVersion": faulty}, "ConfigurationSecret: `upstream_headers`"),
        ({"Routes": '[{"paths":["/public/*"],"auth":"never"}]'}, "Routes: `routes[0].auth` must be one of"),
        ({"Configuration": '{"upstream_headers":[]}'}, "Configuration and ConfigurationSecret both set `upstream_headers`"),
        ({"SessionTable": "no-such-table"}, "SessionTable: the table does not exist"),
        ({"ConfigurationSecret": "no-such-secret", "ConfigurationSecretVersion": ""}, "ConfigurationSecret: there is no secret with this id"),
    ]:
        with pytest.raises(DeploymentFailed):
            account.deploy("http-api", stack, **parameters | changed)
        assert told in reasons(account, stack), reasons(account, stack)
        assert headers(browser.send(outputs["Url"] + "/"))["x-mail"] == GRACE
    account.delete(stack)


@pytest.mark.parametrize("front", ["http-api", "default"])
def test_a_client_that_somebody_else_made_signs_people_in(account, upstream, client, browser, front):
    outputs = account.deploy(front, f"given-{front}", UpstreamUrl=upstream, Domain="given", **client)
    assert outputs["ClientId"] == client["ClientId"]
    registered(account, client, outputs)
    answer = sign_in(browser, outputs["Url"] + "/page", GRACE, GRACES_PASSWORD)
    assert headers(answer)["x-vestibule-email"] == GRACE
    judged_again(account, front, client)
    account.delete(f"given-{front}")


def judged_again(account, front, client):
    """The check validates a text again if CheckAgain has a new value, and does not if it has not."""
    stack, secrets, arn = f"given-{front}", account.client("secretsmanager"), client["ClientSecretArn"]
    good = secrets.get_secret_value(SecretId=arn)["SecretString"]
    secrets.put_secret_value(SecretId=arn, SecretString='{"clientsecret":"misspelt"}')
    account.deploy(front, stack)
    with pytest.raises(DeploymentFailed):
        account.deploy(front, stack, CheckAgain="a2f1c09")
    assert "ClientSecretArn: the secret is neither plain text nor" in reasons(account, stack), reasons(account, stack)
    secrets.put_secret_value(SecretId=arn, SecretString=good)
    account.deploy(front, stack, CheckAgain="a2f1c09")


def test_another_provider_signs_people_in(account, upstream, client, browser):
    """The emulator has no provider besides its user pools, so one of them is used like any other provider, by discovery."""
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{client['UserPoolId']}"
    parameters = {"Issuer": issuer, "ClientId": client["ClientId"], "ClientSecretArn": client["ClientSecretArn"]}
    outputs = account.deploy("http-api", "another-provider", UpstreamUrl=upstream, **parameters)
    assert "UserPoolId" not in outputs
    registered(account, client, outputs)
    answer = sign_in(browser, outputs["Url"] + "/page", GRACE, GRACES_PASSWORD)
    assert headers(answer)["x-vestibule-issuer"] == issuer
    account.delete("another-provider")
