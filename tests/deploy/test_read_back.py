"""The pool of a stack alone: checks the answers of the emulator's API about the created resources."""

import pytest
import read_back
from account import ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000"
SENDER = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"


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
