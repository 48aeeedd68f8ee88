"""The patterns of the parameters refuse what CloudFormation would take and a service or a function would refuse later."""

import re

import pytest
import yaml
from account import ROOT

CASES = [
    ("Domain", "sign-in", True),
    ("Domain", "a" * 63, True),
    ("Domain", "a" * 64, False),
    ("Domain", "-sign-in", False),
    ("Domain", "Sign-in", False),
    ("Domain", "my-aws-sign-in", False),
    ("Domain", "cognito-example", False),
    ("Domain", "amazonia", False),
    ("Domain", "auth.example.com", True),
    ("Domain", "auth..example.com", False),
    ("Domain", "", True),
    ("GroupsRequired", "staff,admins of all", True),
    ("GroupsRequired", '["staff"]', False),
    ("GroupsRequired", 'sta"ff', False),
    ("Configuration", "", True),
    ("Configuration", '{"leeway":30}', True),
    ("Configuration", "{", False),
    ("Configuration", "leeway: 30", False),
    ("ConfigurationSecret", "prod/settings", True),
    ("ConfigurationSecret", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:settings-AbCdEf", True),
    ("ConfigurationSecret", "arn:aws:ssm:eu-central-1:123456789012:parameter/settings", False),
    ("ConfigurationSecret", '{"leeway":30}', False),
    ("ConfigurationSecretVersion", "0a1b2c3d-0000-0000-0000-000000000000", True),
    ("ConfigurationSecretVersion", "AWSCURRENT", False),
    ("SenderArn", "arn:aws:ses:eu-central-1:123456789012:identity/example.com", True),
    ("SenderArn", "no-reply@example.com", False),
    ("SenderAddress", "no-reply@example.com", True),
    ("SenderAddress", "example.com", False),
    ("SignInCertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000", True),
    ("SignInCertificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000", False),
    ("SignInHostedZoneId", "example.com", False),
    ("UserPoolId", "eu-central-1_AbCdEfGhI", True),
    ("UserPoolId", "us-gov-west-1_AbCdEfGhI", True),
    ("UserPoolId", "AbCdEfGhI", False),
    ("CallbackUrls", "https://b.example.com/cb", True),
    ("CallbackUrls", "http://localhost:3000/cb", True),
    ("CallbackUrls", "myapp://cb", True),
    ("CallbackUrls", "http://b.example.com/cb", False),
    ("CallbackUrls", "https://b.example.com/cb#here", False),
    ("CallbackUrls", "/cb", False),
    ("LogoutUrls", "https://b.example.com/", True),
    ("LogoutUrls", "b.example.com", False),
    ("SupportedIdentityProviders", "COGNITO", True),
    ("SupportedIdentityProviders", "", False),
    ("Scopes", "https://api.example.com/read", True),
    ("Scopes", "openid email", False),
    ("Scopes", "", False),
    ("ReadAttributes", "custom:team", True),
    ("ReadAttributes", "e mail", False),
    ("WriteAttributes", "e mail", False),
    ("ResourceServer", "https://api.example.com", True),
    ("ResourceServer", "my api", False),
    ("ResourceServerScopes", "read", True),
    ("ResourceServerScopes", "https://api.example.com/read", False),
    ("ClientId", "1example23456789", True),
    ("ClientId", 'a"b', False),
    ("ClientSecretArn", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reports-client-AbCdEf", True),
    ("ClientSecretArn", "reports-client", False),
    ("SessionKeyArn", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:session", False),
    ("SessionTable", "sessions", True),
    ("SessionTable", "a", False),
    ("Issuer", "https://login.example.com/realms/staff", True),
    ("Issuer", "http://login.example.com", False),
    ("Issuer", "https://login.example.com?x=1", False),
    ("Issuer", "login.example.com", False),
    ("Routes", "", True),
    ("Routes", '[{"paths":["/public/*"],"auth":"none"}]', True),
    ("Routes", '[\n  {"paths":["/public/*"],"auth":"none"}\n]\n', True),
    ("Routes", "[{", False),
    ("Routes", "{}", False),
    ("CertificateArn", "", True),
    ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000", True),
    ("CertificateArn", "0a1b2c3d-0000-0000-0000-000000000000", False),
    ("HostedZoneId", "Z2FDTNDATAQYW2", True),
    ("HostedZoneId", "example.com", False),
    ("SubnetIds", "subnet-0a1b2c3d", True),
    ("SubnetIds", "vpc-0a1b2c3d", False),
    ("SecurityGroupIds", "sg-0a1b2c3d", True),
    ("SecurityGroupIds", "default", False),
    ("VpcId", "vpc-0a1b2c3d", True),
    ("VpcId", "default", False),
    ("LoadBalancerSubnetIds", "subnet-0a1b2c3d", True),
    ("LoadBalancerSubnetIds", "eu-central-1a", False),
    ("ListenerArn", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/0123456789abcdef/0123456789abcdef", True),
    ("ListenerArn", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123456789abcdef", False),
    ("VpcLinkId", "", True),
    ("VpcLinkId", "abc123", True),
    ("VpcLinkId", "arn:aws:apigateway:eu-central-1::/vpclinks/abc123", False),
    ("VpcLinkTarget", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/0123456789abcdef", True),
    ("VpcLinkTarget", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/0123456789abcdef/0123456789abcdef", True),
    ("VpcLinkTarget", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef", False),
    ("VpcLinkTarget", "web-1234.eu-central-1.elb.amazonaws.com", False),
    ("ClientIpv6Cidr", "", True),
    ("ClientIpv6Cidr", "2001:db8::/32", True),
    ("ClientIpv6Cidr", "0.0.0.0/0", False),
    ("CallbackPath", "/oauth2/callback", True),
    ("CallbackPath", "/signed-in", True),
    ("CallbackPath", "/oauth2/mine", False),
    ("CallbackPath", "", False),
    ("SecondCallbackPath", "", True),
    ("SecondCallbackPath", "/signed-in", True),
    ("SecondCallbackPath", "/oauth2/mine", False),
]


@pytest.mark.parametrize("template", ["template", "http-api", "function-url", "alb"])
def test_a_pattern_takes_what_is_good_and_refuses_what_fails_later(template):
    declared = yaml.load((ROOT / "infra" / f"{template}.yaml").read_text(), Loader=Loader)["Parameters"]
    for name, value, good in CASES:
        if name in declared:
            assert bool(re.fullmatch(declared[name]["AllowedPattern"], value)) == good, (name, value)


class Loader(yaml.SafeLoader):
    """Takes the short forms of intrinsic functions for nothing."""


Loader.add_multi_constructor("!", lambda *_: None)
