"""A stack moves from its own load balancer to an existing one, to another existing one, and back, while people use it."""

import contextlib
import threading

import pytest
from account import DeploymentFailed, wait_until
from browser import SCRIPT
from fronts import MOVED_HOST
from people import GRACE, GRACES_PASSWORD, sign_in, sign_up_grace
from stacks import outages, reasons
from steady import Steady


NOTHING = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


class Given:
    """A load balancer that the account already has."""

    def __init__(self, account, beforehand, name):
        self.client = account.client("elbv2")
        balancer = self.client.create_load_balancer(Name=name, Subnets=beforehand.subnets.split(","))["LoadBalancers"][0]
        self.name = balancer["DNSName"]
        self.listener = self.client.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": beforehand.certificate}],
            DefaultActions=[NOTHING],
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


def complete(account):
    """Returns the names of the load balancers whose listener has all rules of the stack."""
    client = account.client("elbv2")
    names = set()
    for balancer in client.describe_load_balancers()["LoadBalancers"]:
        for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            rules = client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            if len([rule for rule in rules if not rule["IsDefault"]]) == 5:
                names.add(balancer["DNSName"])
    return names


@contextlib.contextmanager
def record_follows(account, beforehand):
    """Moves the record to the next load balancer as soon as its rules exist, as docs/deploy/load-balancer.md describes."""
    before, over = complete(account), threading.Event()

    def follow():
        while not over.wait(0.2):
            for target in complete(account) - before:
                point(account, beforehand, target)
                return

    following = threading.Thread(target=follow)
    following.start()
    yield
    over.set()
    following.join()


def refused_where_a_priority_is_in_use(account, given, moving, changed):
    """A rule of another application has one of the priorities: the stack stays at its load balancer, and can move later."""
    rule = given.client.create_rule(
        ListenerArn=given.listener, Priority=205, Conditions=[{"Field": "path-pattern", "Values": ["/others"]}], Actions=[NOTHING]
    )["Rules"][0]["RuleArn"]
    with pytest.raises(DeploymentFailed):
        moving(**changed)
    assert "Priority '205' is currently in use" in reasons(account, "moved-alb", "SessionRule")
    status = account.client("cloudformation").describe_stacks(StackName="moved-alb")["Stacks"][0]["StackStatus"]
    assert status == "UPDATE_ROLLBACK_COMPLETE", status
    given.client.delete_rule(RuleArn=rule)


def test_a_stack_moves_from_one_load_balancer_to_the_next(account, beforehand, new_browser, moving):
    one, two = (Given(account, beforehand, name) for name in ("given-one", "given-two"))
    priorities = {f"{rule}RulePriority": str(201 + number) for number, rule in enumerate(["Login", "Callback", "Logout", "Session", "Proxy"])}
    shifted = {name: str(int(priority) + 1) for name, priority in priorities.items()}
    outputs, own, seen, browser = moving(), groups(account), [], new_browser()
    point(account, beforehand, outputs["DomainTarget"])
    assert sign_in(browser, outputs["Url"] + "/", GRACE, GRACES_PASSWORD).status == 200
    for changed, target in [
        ({"LoadBalancerScheme": "internal"}, None),
        ({"ListenerArn": one.listener}, one.name),
        (priorities, one.name),
        (shifted, one.name),
        ({"ListenerArn": two.listener, "ListenerForwardedFor": "append"}, two.name),
        ({"ListenerArn": "", "LoadBalancerScheme": "internet-facing"}, None),
    ]:
        if target == two.name:
            refused_where_a_priority_is_in_use(account, two, moving, changed)
        with record_follows(account, beforehand), Steady(lambda: browser.send(outputs["Url"] + "/api", SCRIPT)) as steady:
            outputs = moving(**changed)
        assert not steady.others({200}), (changed, outages(account, "moved-alb"))
        page = outputs["Url"] + "/moved"
        answer = sign_in(new_browser(), page, GRACE, GRACES_PASSWORD)
        assert (answer.status, answer.url) == (200, page), (changed, answer)
        # An existing load balancer may pass on the client's own header, so the application gets no address until the deployer allows it.
        told = "x-forwarded-for" in dict(answer.json()["headers"])
        assert told == (target != one.name), (changed, answer)
        # A target group belongs to one load balancer, and is deleted after its stack has moved.
        wait_until(lambda: len(groups(account)) == len(own), "the groups of before are gone")
        seen.append(groups(account))
    # A target group belongs to one load balancer, and is deleted after its stack has moved.
    internal, first, same, again, second, back = seen
    assert first == same == again
    assert len({frozenset(each) for each in (own, internal, first, second)}) == 4, seen
    assert back == own
