"""Each parameter of each front reaches the resources: stacks with values other than the defaults, read back from the emulator's APIs."""

import concurrent.futures
import json
from secrets import token_urlsafe

import gaps
import pytest
import yaml
from account import ROOT
from arrival import LISTS, PLACES, RULES, Deployed
from fronts import FRONTS
from test_parameters import Loader

TEMPLATES = {front: "template" if front == "default" else front for front in FRONTS}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000"
BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/0123456789abcdef"
ISSUER = "https://login.example.com/realms/staff"

# Parameters that are no member of any resource. Another test shows what they do.
ELSEWHERE = {
    "CheckAgain": "test_settings.py repeats the check by it",
    "FrontSecretVersion": "test_cloudfront.py changes the secret by it",
}
# The emulator accepts these parameters and does not show them.
HIDDEN = {name for names in gaps.named("hides") for name in names}
# Parameters that exclude others of the same stack. At least one front has each of them.
POOL = {
    "SelfSignUp",
    "PoolName",
    "PasswordLength",
    "Mfa",
    "Passkeys",
    "SenderArn",
    "SenderAddress",
    "SignInCertificateArn",
    "SignInHostedZoneId",
    "PoolDeletionProtection",
}
GIVEN = {"UserPoolId", "ClientId", "ClientSecretArn", "Issuer", "SessionTable", "SessionStorage", "SubnetIds", "SecurityGroupIds", "SecondCallbackPath"}
ALTERNATIVES = POOL | GIVEN

EVERYWHERE = {
    "UpstreamUrl": "http://application.example.com:8081/base",
    "GroupsRequired": "staff,admins of all",
    "Routes": '[{"paths": ["/public/*"], "auth": "none"}]',
    "Configuration": '{"leeway": 31}',
    "ClientName": "reports",
    "CallbackPath": "/signed-in",
    "CallbackUrls": "https://b.example.com/cb,http://localhost:3000/cb",
    "LogoutUrls": "https://b.example.com/bye",
    "Scopes": "openid,email,phone",
    "ReadAttributes": "email,family_name,given_name,locale",
    "WriteAttributes": "email,family_name,given_name",
    "AccessTokenMinutes": "30",
    "RefreshTokenDays": "7",
    "ResourceServer": "https://api.example.com",
    "ResourceServerScopes": "read,write",
    "ClientType": "public",
    "SupportedIdentityProviders": "COGNITO,Example",
    "Architecture": "arm64",
    "MemorySize": "512",
    "ReservedConcurrency": "7",
    "LogLevel": "debug",
    "LogRetentionDays": "90",
}
UPSTREAM_SECRET = {"UpstreamSecretHeader": "x-upstream-secret: 0123456789abcdef"}


def pool(front):
    return {
        "Domain": f"auth-{front}.example.com",
        "SelfSignUp": "false",
        "PoolName": f"people of {front}",
        "PasswordLength": "16",
        "Mfa": "OPTIONAL",
        "Passkeys": "true",
        "SenderArn": "arn:aws:ses:eu-central-1:123456789012:identity/example.com",
        "SenderAddress": "no-reply@example.com",
        "SignInCertificateArn": CERTIFICATE,
        "PoolDeletionProtection": "ACTIVE",
    }


@pytest.fixture(scope="module")
def stacks(account, beforehand):
    """Returns the parameters of each stack, by front and number."""
    secrets, cognito = account.client("secretsmanager"), account.client("cognito-idp")
    settings = secrets.create_secret(Name="arrival-settings", SecretString='{"login_redirect_uri":"/landed"}')
    key = secrets.create_secret(Name="arrival-key", SecretString=json.dumps({"session_secret": token_urlsafe(48)}))["ARN"]
    client_secret = secrets.create_secret(Name="arrival-client", SecretString="secret-of-the-client")["ARN"]
    given = cognito.create_user_pool(PoolName="arrival-given")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=given, Domain="arrival-given", ManagedLoginVersion=2)
    group = account.client("ec2").create_security_group(GroupName="arrival", Description="arrival", VpcId=beforehand.vpc)["GroupId"]
    shared = EVERYWHERE | {
        "ConfigurationSecret": "arrival-settings",
        "ConfigurationSecretVersion": settings["VersionId"],
        "SessionKeyArn": key,
    }
    zone = {"SignInHostedZoneId": beforehand.zone}
    vpc = {"SubnetIds": beforehand.subnets, "SecurityGroupIds": group}
    table = beforehand.session_table("arrival-sessions")
    listener = listener_of_the_account(account, beforehand)
    priorities = {f"{rule}RulePriority": str(201 + number) for number, rule in enumerate(RULES)}

    def address(front):
        return beforehand.custom_domain(f"arrival-{front}.example.com")

    return {
        "http-api": [
            {
                **shared,
                **pool("http-api"),
                **zone,
                **UPSTREAM_SECRET,
                **vpc,
                **address("http-api"),
                "KeepEndpoint": "true",
                "IpAddressType": "dualstack",
                "SessionTable": table,
            },
        ],
        "function-url": [
            {
                **shared,
                **pool("function-url"),
                **zone,
                **UPSTREAM_SECRET,
                **address("function-url"),
                "CertificateArn": beforehand.certificate_for_cloudfront,
                "CloudFront": "true",
                "CloudFrontReadTimeout": "45",
                "SecondCallbackPath": "/oauth2/callback",
                "SessionStorage": "cookie",
                "ResponseStreaming": "false",
                "Timeout": "120",
            },
        ],
        "default": [
            {
                **shared,
                **address("default"),
                "UserPoolId": given,
                "Domain": "arrival-given",
                "Passkeys": "true",
                "StageName": "prod",
                "TlsPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
                "EndpointAccessMode": "BASIC",
                "IpAddressType": "dualstack",
                "VpcLinkId": "abc123",
                "VpcLinkTarget": BALANCER,
                "ResponseStreaming": "true",
                "SessionTable": table,
                "SecondCallbackPath": "/oauth2/callback",
            },
        ],
        "alb": [
            {
                **shared,
                **pool("alb"),
                **zone,
                **UPSTREAM_SECRET,
                **vpc,
                **address("alb"),
                **priorities,
                "KeptDomainName": "arrival-kept.example.com",
                "VpcId": beforehand.vpc,
                "LoadBalancerSubnetIds": beforehand.subnets,
                "LoadBalancerScheme": "internal",
                "ClientCidr": "10.0.0.0/8",
                "IpAddressType": "dualstack",
                "ClientIpv6Cidr": "2001:db8::/32",
                "SessionTable": table,
            },
            {
                "UpstreamUrl": EVERYWHERE["UpstreamUrl"],
                "CustomDomainName": "arrival-listener.example.com",
                "ListenerArn": listener,
                "ListenerForwardedFor": "append",
                **priorities,
                "Issuer": ISSUER,
                "ClientId": "0oa1example",
                "ClientSecretArn": client_secret,
                "SessionStorage": "cookie",
            },
        ],
    }


def listener_of_the_account(account, beforehand):
    client = account.client("elbv2")
    balancer = client.create_load_balancer(Name="arrival", Subnets=beforehand.subnets.split(","))["LoadBalancers"][0]["LoadBalancerArn"]
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    members = {"Certificates": [{"CertificateArn": beforehand.certificate}], "DefaultActions": [nothing]}
    return client.create_listener(LoadBalancerArn=balancer, Port=443, Protocol="HTTPS", **members)["Listeners"][0]["ListenerArn"]


@pytest.fixture(scope="module")
def declared():
    read = {front: yaml.load((ROOT / "infra" / f"{name}.yaml").read_text(), Loader=Loader)["Parameters"] for front, name in TEMPLATES.items()}
    return {front: {name: str(parameter.get("Default", "")) for name, parameter in parameters.items()} for front, parameters in read.items()}


def test_every_parameter_is_read_back_or_named(stacks, declared):
    """A new parameter needs a value above and a place in arrival.py, or a line in ELSEWHERE."""
    changed = {}
    for front, parameters in declared.items():
        given = {name for stack in stacks[front] for name, value in stack.items() if value != parameters[name]}
        changed[front] = given
        missing = parameters.keys() - given - ELSEWHERE.keys() - ALTERNATIVES
        assert not missing, (front, missing)
    somewhere = set().union(*changed.values())
    assert ALTERNATIVES <= somewhere, ALTERNATIVES - somewhere
    assert somewhere - ELSEWHERE.keys() <= PLACES.keys(), somewhere - PLACES.keys()
    names = set().union(*declared.values())
    assert PLACES.keys() | ELSEWHERE.keys() <= names, (PLACES.keys() | ELSEWHERE.keys()) - names


def test_the_parameters_of_every_front_arrive(account, beforehand, stacks):
    listed = [(front, f"arrival-{front}-{number}", stack) for front, all_stacks in stacks.items() for number, stack in enumerate(all_stacks)]
    for front in stacks:
        account.project(front)

    def deploy(each):
        front, name, parameters = each
        return account.deploy(front, name, **parameters)

    # The first deployment makes the bucket that all of them use.
    first = deploy(listed[0])
    with concurrent.futures.ThreadPoolExecutor(len(listed)) as threads:
        outputs = [first, *threads.map(deploy, listed[1:])]
    wrong = []
    for (front, name, parameters), made in zip(listed, outputs):
        deployed = Deployed(account, beforehand, front, name, made)
        for parameter, value in parameters.items():
            try:
                found = PLACES[parameter](deployed)
            except (KeyError, IndexError, AssertionError) as error:
                found = repr(error)
            shown = sorted(str(found).split(",")) == sorted(value.split(",")) if parameter in LISTS else found == value
            if shown == (parameter in HIDDEN):
                wrong.append((name, parameter, value, found))
    assert not wrong, "\n".join(map(str, wrong))
