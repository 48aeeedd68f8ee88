"""A stack goes from its load balancer to one that is there, to another one of those, and back, and people come in at each."""

import pytest
from fronts import MOVED_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace


class Given:
    """A load balancer that the account has beforehand."""

    def __init__(self, account, beforehand, name):
        self.client = account.client("elbv2")
        balancer = self.client.create_load_balancer(Name=name, Subnets=beforehand.subnets.split(","))["LoadBalancers"][0]
        self.name = balancer["DNSName"]
        nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        self.listener = self.client.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": beforehand.certificate}],
            DefaultActions=[nothing],
        )["Listeners"][0]["ListenerArn"]


@pytest.fixture(scope="module")
def moving(account, beforehand, upstream):
    parameters = beforehand.parameters("alb", MOVED_HOST) | {"HostedZoneId": "", "UpstreamUrl": upstream, "Domain": "moved-alb"}

    def deploy(**changed):
        parameters.update(changed)
        return account.deploy("alb", "moved-alb", **parameters)

    sign_up_grace(account, deploy())
    return deploy


def groups(account):
    found = account.client("elbv2").describe_target_groups()["TargetGroups"]
    return {group["TargetGroupName"] for group in found if group["TargetGroupName"].split("-")[0] == "proxy"}


def point(account, beforehand, target):
    alias = {"DNSName": target, "HostedZoneId": "Z215JYRZR1TBD5", "EvaluateTargetHealth": False}
    record = {"Name": MOVED_HOST, "Type": "A", "AliasTarget": alias}
    account.client("route53").change_resource_record_sets(
        HostedZoneId=beforehand.zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    )


def test_a_stack_moves_from_one_load_balancer_to_the_next(account, beforehand, new_browser, moving):
    one, two = (Given(account, beforehand, name) for name in ("given-one", "given-two"))
    priorities = {f"{rule}RulePriority": str(201 + number) for number, rule in enumerate(["Login", "Callback", "Logout", "Session", "Proxy"])}
    shifted = {name: str(int(priority) + 1) for name, priority in priorities.items()}
    seen = []
    for changed, target in [
        ({}, None),
        ({"LoadBalancerScheme": "internal"}, None),
        ({"ListenerArn": one.listener}, one.name),
        (priorities, one.name),
        (shifted, one.name),
        ({"ListenerArn": two.listener, "ListenerForwardedFor": "append"}, two.name),
        ({"ListenerArn": "", "LoadBalancerScheme": "internet-facing"}, None),
    ]:
        outputs = moving(**changed)
        point(account, beforehand, target or outputs["DomainTarget"])
        page = outputs["Url"] + "/moved"
        answer = sign_in(new_browser(), page, GRACE, GRACES_PASSWORD)
        assert (answer.status, answer.url) == (200, page), (changed, answer)
        # One that is there may hand on what a client wrote, so the application is told no address until somebody says otherwise.
        told = "x-forwarded-for" in dict(answer.json()["headers"])
        assert told == (target != one.name), (changed, answer)
        seen.append(groups(account))
    # A target group belongs to one load balancer, and goes when its stack has left it.
    own, internal, first, same, again, second, back = seen
    assert first == same == again
    assert len({frozenset(each) for each in (own, internal, first, second)}) == 4, seen
    assert back == own
