"""Parameters that the emulator cannot show in use: checks its API's answers about the created resources."""

import pytest
import read_back
from account import ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000"
SENDER = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
LOAD_BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123456789abcdef"


@pytest.fixture
def pool(account):
    """Creates the stack of the pool alone, as the templates nest it."""
    cloudformation, made = account.client("cloudformation"), []

    def stack(name, **parameters):
        listed = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        cloudformation.create_stack(StackName=name, TemplateBody=(ROOT / "infra/user-pool.yaml").read_text(), Parameters=listed)
        made.append(name)
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        return account.outputs(name)["UserPoolId"]

    yield stack
    for name in made:
        account.delete(name)


@pytest.mark.parametrize(("mfa", "passkeys"), [("OFF", "true"), ("OPTIONAL", "true"), ("ON", "true"), ("ON", "false")])
def test_a_pool_has_its_factors(account, pool, mfa, passkeys):
    cognito, name = account.client("cognito-idp"), f"factors-{mfa.lower()}-{passkeys}"
    made = pool(name, PoolName="factors", Domain=name, SelfSignUp="false", Mfa=mfa, Passkeys=passkeys)
    assert read_back.factors(cognito, made) == (mfa, mfa != "OFF")
    described = cognito.describe_user_pool(UserPoolId=made)["UserPool"]
    first = ["PASSWORD", "WEB_AUTHN"] if passkeys == "true" else ["PASSWORD"]
    assert described["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"] == first
    assert described["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert described["EmailConfiguration"]["EmailSendingAccount"] == "COGNITO_DEFAULT"


def test_a_pool_has_a_sign_in_domain_and_a_sender_of_its_own(account, beforehand, pool):
    cognito, host = account.client("cognito-idp"), "auth.example.com"
    made = pool(
        "own-domain",
        PoolName="own-domain",
        Domain=host,
        SignInCertificateArn=CERTIFICATE,
        SignInHostedZoneId=beforehand.zone,
        SelfSignUp="true",
        SenderArn=SENDER,
        SenderAddress="no-reply@example.com",
        PoolDeletionProtection="INACTIVE",
    )
    domain = cognito.describe_user_pool_domain(Domain=host)["DomainDescription"]
    assert (domain["UserPoolId"], domain["ManagedLoginVersion"]) == (made, 2)
    assert domain["CustomDomainConfig"]["CertificateArn"] == CERTIFICATE
    records = account.client("route53").list_resource_record_sets(HostedZoneId=beforehand.zone)["ResourceRecordSets"]
    [record] = [record for record in records if record["Name"].rstrip(".") == host]
    assert record["AliasTarget"]["DNSName"].rstrip(".") == domain["CloudFrontDistribution"]
    mail = cognito.describe_user_pool(UserPoolId=made)["UserPool"]["EmailConfiguration"]
    assert (mail["EmailSendingAccount"], mail["SourceArn"], mail["From"]) == ("DEVELOPER", SENDER, "no-reply@example.com")


def test_a_rest_api_streams_by_a_vpc_link_and_people_come_by_another_provider(account, beforehand, upstream):
    cognito, gateway = account.client("cognito-idp"), account.client("apigateway")
    pool_id = cognito.create_user_pool(PoolName="federated")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="federated", ManagedLoginVersion=2)
    cognito.create_identity_provider(
        UserPoolId=pool_id,
        ProviderName="Example",
        ProviderType="OIDC",
        ProviderDetails={"client_id": "a", "client_secret": "b", "authorize_scopes": "openid", "oidc_issuer": "https://login.example.com", "attributes_request_method": "GET"},
    )
    host = "streams.example.com"
    outputs = account.deploy(
        "default",
        "streams",
        UpstreamUrl=upstream,
        UserPoolId=pool_id,
        Domain="federated",
        SupportedIdentityProviders="COGNITO,Example",
        Passkeys="true",
        TlsPolicy="SecurityPolicy_TLS13_1_3_2025_09",
        ResponseStreaming="true",
        VpcLinkId="abc123",
        VpcLinkTarget=LOAD_BALANCER,
        IpAddressType="dualstack",
        **beforehand.custom_domain(host),
    )
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=outputs["ClientId"])["UserPoolClient"]
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Example"]
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"}
    [api] = [api for api in gateway.get_rest_apis(limit=500)["items"] if api["name"] == "streams"]
    domain = gateway.get_domain_name(domainName=host)
    assert domain["endpointConfiguration"]["ipAddressType"] == "dualstack", domain
    assert (domain["securityPolicy"], domain["endpointAccessMode"]) == ("SecurityPolicy_TLS13_1_3_2025_09", "STRICT"), domain
    kinds = {record["Type"] for record in records(account, beforehand) if record["Name"].rstrip(".") == host}
    assert kinds == {"A", "AAAA"}
    integrations = [
        method["methodIntegration"]
        for resource in gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]
        for method in resource.get("resourceMethods", {}).values()
        if method["methodIntegration"]["type"] == "HTTP_PROXY"
    ]
    assert len(integrations) == 2
    for integration in integrations:
        assert (integration["connectionType"], integration["connectionId"]) == ("VPC_LINK", "abc123"), integration
        assert (integration["responseTransferMode"], integration["timeoutInMillis"]) == ("STREAM", 900000), integration
        assert integration["integrationTarget"] == LOAD_BALANCER, integration
    account.delete("streams")


def records(account, beforehand):
    return account.client("route53").list_resource_record_sets(HostedZoneId=beforehand.zone)["ResourceRecordSets"]
