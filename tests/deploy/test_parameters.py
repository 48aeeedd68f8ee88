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
