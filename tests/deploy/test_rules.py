"""Contradictory parameters are refused, with a sentence that names them, before any resource is created."""

import json

import pytest
from account import DeploymentFailed

LOAD_BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123456789abcdef"
REFUSED = {
    "VpcLinkTarget needs VpcLinkId.": ("default", {"VpcLinkTarget": LOAD_BALANCER}),
    "IpAddressType dualstack needs ClientIpv6Cidr.": ("alb", {"IpAddressType": "dualstack"}),
    "Without a ListenerArn there must be a VpcId.": ("alb", {"VpcId": ""}),
    "CallbackUrls has an empty entry.": ("default", {"CallbackUrls": "https://b.example.com/cb,"}),
    "SecurityGroupIds has an empty entry.": ("http-api", {"SubnetIds": "subnet-0a,subnet-0b", "SecurityGroupIds": "sg-0a,,sg-0b"}),
    "ResourceServer belongs to a client that is made; with ClientId it must be empty.": (
        "function-url",
        {
            "ClientId": "1example23456789",
            "UserPoolId": "eu-central-1_AbCdEfGhI",
            "ResourceServer": "https://api.example.com",
            "ResourceServerScopes": "read",
        },
    ),
    "CustomDomainName needs CloudFront. A function URL has no name of its own.": (
        "function-url",
        {"CustomDomainName": "app.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"},
    ),
}

# Values with typical mistakes: of a shell, of manual editing, from another region.
WRONG = {
    "Routes": "[{",
    "GroupsRequired": '["staff"]',
    "Domain": "auth..example.com",
    "UserPoolId": "AbCdEfGhI",
    "Configuration": json.dumps({"upstream_headers": [{"header": f"x-{number}", "path": ["email"]} for number in range(1600)]}),
}


@pytest.mark.parametrize("parameter", WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_parameter(account, parameter):
    right = {"UpstreamUrl": "http://127.0.0.1", "Domain": "refused", "SelfSignUp": "false"}
    # CloudFormation reports the length of a value without the name of the parameter.
    told = "less than or equal to 4096" if parameter == "Configuration" else f"(?i)parameter '?{parameter}"
    with pytest.raises(DeploymentFailed, match=told):
        account.deploy("http-api", "refused", **right | {parameter: WRONG[parameter]})
    assert not account.left_of("refused")


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_contradiction_is_refused_before_anything_is_made(account, beforehand, sentence):
    front, wrong = REFUSED[sentence]
    parameters = beforehand.parameters(front) | {"UpstreamUrl": "http://127.0.0.1", "Domain": "refused", "SelfSignUp": "false"} | wrong
    with pytest.raises(DeploymentFailed) as refused:
        account.deploy(front, "refused", **parameters)
    assert sentence in str(refused.value)
    assert not account.left_of("refused")
