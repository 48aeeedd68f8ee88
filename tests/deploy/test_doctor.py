"""The doctor finds nothing in a good stack of each front but what the emulator lacks, and each sabotage by its name."""

import json
import os
import subprocess

import pytest
from account import ROOT
from fronts import FRONTS

COMMAND = os.path.join(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "debug", "vestibule")
# What the emulator does not tell, though the stack has it: emulator-gaps.yaml.
LACKING = {
    "index_inactive",
    "rotation_differs",
    "ttl_off",
    "authorizer_identity_source",
    "binary_media_types",
    "endpoint_type",
}

UNANSWERED = "DescribeManagedLoginBrandingByClient"


class Stack:
    def __init__(self, account, front):
        self.account, self.front, self.name = account, front, f"looked-{front}"
        resources = account.client("cloudformation").describe_stack_resources(StackName=self.name)["StackResources"]
        self.ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        self.outputs = account.outputs(self.name)

    def client(self, service):
        return self.account.client(service)

    def doctor(self, *arguments):
        command = [COMMAND, "doctor", "--stack", self.name, "--json", *arguments]
        done = subprocess.run(command, env=self.account.environment, capture_output=True, text=True)
        assert done.returncode in (0, 1, 3), done
        return json.loads(done.stdout)

    def found(self):
        findings = self.doctor()["findings"]
        return {finding["name"] for finding in findings if not finding["wrong"].endswith(UNANSWERED)} - LACKING


@pytest.fixture(scope="module", params=FRONTS)
def stack(request, account, beforehand, upstream):
    front = request.param
    name = f"looked-{front}"
    account.deploy(front, name, UpstreamUrl=upstream, Domain=name, **beforehand.parameters(front, f"{name}.example.com"))
    return Stack(account, front)


def app_client(**change):
    """Sets members of the app client; the others stay."""

    def sabotage(stack):
        cognito = stack.client("cognito-idp")
        names = {"UserPoolId": stack.outputs["UserPoolId"], "ClientId": stack.outputs["ClientId"]}
        kept = cognito.describe_user_pool_client(**names)["UserPoolClient"]
        read_only = ("ClientSecret", "LastModifiedDate", "CreationDate")
        kept = {name: value for name, value in kept.items() if value not in ("", [], {}) and name not in read_only}
        cognito.update_user_pool_client(**kept | change)
        return lambda: cognito.update_user_pool_client(**kept)

    return sabotage


def function(**change):
    def sabotage(stack):
        functions, name = stack.client("lambda"), stack.ids.get("ProxyFunction") or stack.ids["LoginFunction"]
        kept = functions.get_function_configuration(FunctionName=name)
        functions.update_function_configuration(FunctionName=name, **change)
        return lambda: functions.update_function_configuration(FunctionName=name, **{member: kept[member] for member in change})

    return sabotage


def stopped(stack):
    functions, name = stack.client("lambda"), stack.ids.get("ProxyFunction") or stack.ids["LoginFunction"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    return lambda: functions.delete_function_concurrency(FunctionName=name)


def kept_for_ever(stack):
    logs, group = stack.client("logs"), stack.ids["LogGroup"]
    logs.delete_retention_policy(logGroupName=group)
    return lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=30)


def without_secret(stack):
    secrets, name = stack.client("secretsmanager"), f"{stack.name}/vestibule/session"
    secrets.delete_secret(SecretId=name)
    return lambda: secrets.restore_secret(SecretId=name)


def without_right(action):
    def sabotage(stack):
        iam = stack.client("iam")
        role = stack.ids["ProxyRole" if stack.front in ("http-api", "function-url") else "LogoutRole"]
        [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        left = [statement for statement in document["Statement"] if action not in str(statement["Action"])]
        assert len(left) < len(document["Statement"])

        def put(statements):
            changed = json.dumps(document | {"Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=changed)

        put(left)
        return lambda: put(document["Statement"])

    return sabotage


def further_factors(stack):
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    cognito.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True})
    return lambda: cognito.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OFF")


def payload_format(stack):
    apis, ids = stack.client("apigatewayv2"), {"ApiId": stack.ids["Api"], "IntegrationId": stack.ids["ProxyIntegration"]}
    apis.update_integration(**ids, PayloadFormatVersion="1.0")
    return lambda: apis.update_integration(**ids, PayloadFormatVersion="2.0")


def another_route(stack):
    apis, api = stack.client("apigatewayv2"), stack.ids["Api"]
    uri = "https://elsewhere.example.com/"
    made = apis.create_integration(ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=uri, PayloadFormatVersion="2.0")
    route = apis.create_route(ApiId=api, RouteKey="GET /admin", Target="integrations/" + made["IntegrationId"])

    def undo():
        apis.delete_route(ApiId=api, RouteId=route["RouteId"])
        apis.delete_integration(ApiId=api, IntegrationId=made["IntegrationId"])

    return undo


def url_for_some(stack):
    functions, name = stack.client("lambda"), stack.ids["ProxyFunction"]
    functions.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    return lambda: functions.update_function_url_config(FunctionName=name, AuthType="NONE")


def open_path(stack):
    apis, api = stack.client("apigateway"), stack.ids["Api"]
    [resource] = [one for one in apis.get_resources(restApiId=api, limit=500)["items"] if one["path"] == "/{proxy+}"]
    made = apis.create_resource(restApiId=api, parentId=resource["parentId"], pathPart="admin")
    apis.put_method(restApiId=api, resourceId=made["id"], httpMethod="GET", authorizationType="NONE")
    return lambda: apis.delete_resource(restApiId=api, resourceId=made["id"])


def swapped_rules(stack):
    balancing = stack.client("elbv2")

    def put(priority):
        balancing.set_rule_priorities(RulePriorities=[{"RuleArn": stack.ids["ProxyRule"], "Priority": priority}])

    put(50)
    return lambda: put(105)


def no_target(stack):
    balancing, group = stack.client("elbv2"), stack.ids["LoginTargetGroup"]
    targets = [one["Target"] for one in balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
    balancing.deregister_targets(TargetGroupArn=group, Targets=targets)
    return lambda: balancing.register_targets(TargetGroupArn=group, Targets=[{"Id": one["Id"]} for one in targets])


def single_values(stack):
    balancing, group = stack.client("elbv2"), stack.ids["LoginTargetGroup"]
    balancing.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": "lambda.multi_value_headers.enabled", "Value": "false"}])


def attribute(key, value):
    def sabotage(stack):
        balancing, arn = stack.client("elbv2"), stack.ids["LoadBalancer"]
        balancing.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])

    return sabotage


EVERYWHERE = [
    ("callback_missing", app_client(CallbackURLs=["https://elsewhere.example.com/"])),
    ("sign_out_missing", app_client(LogoutURLs=["https://elsewhere.example.com/"])),
    ("implicit_flow_on", app_client(AllowedOAuthFlows=["code", "implicit"])),
    ("scope_not_allowed", app_client(AllowedOAuthScopes=["openid"])),
    ("users_told", app_client(PreventUserExistenceErrors="LEGACY")),
    ("password_flow_on", app_client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])),
    ("function_memory", function(MemorySize=128)),
    ("function_stopped", stopped),
    ("log_retention", kept_for_ever),
    ("secret_missing", without_secret),
    ("role_index", without_right("dynamodb:Query")),
    ("role_sign_out", without_right("AdminUserGlobalSignOut")),
    ("role_logs", without_right("logs:PutLogEvents")),
    ("mfa_differs", further_factors),
]
AT_ONE_FRONT = {
    "http-api": [("payload_format", payload_format), ("route_past_vestibule", another_route)],
    "function-url": [("url_auth_type", url_for_some)],
    "default": [("path_open", open_path)],
    "alb": [("rule_order", swapped_rules), ("target_missing", no_target)],
}
# What --fix takes back.
MENDED = {
    "alb": [
        ("multi_value_headers_off", single_values),
        ("forwarded_for_mode", attribute("routing.http.xff_header_processing.mode", "preserve")),
        ("invalid_headers_kept", attribute("routing.http.drop_invalid_header_fields.enabled", "false")),
    ],
}


def test_a_good_stack_has_no_finding_and_each_sabotage_has_its_own(stack):
    assert stack.found() == set(), stack.doctor()
    # The kinds that are the same behind every front are tried behind one.
    everywhere = EVERYWHERE if stack.front == "http-api" else []
    missed = []
    for name, sabotage in everywhere + AT_ONE_FRONT[stack.front]:
        undo = sabotage(stack)
        found = stack.found()
        undo()
        if found != {name}:
            missed.append((name, found))
    assert missed == []
    assert stack.found() == set(), stack.doctor()


def test_what_disturbs_nobody_is_mended(stack):
    for name, sabotage in [("function_timeout", function(Timeout=3)), *MENDED.get(stack.front, [])]:
        sabotage(stack)
        assert stack.found() == {name}
        mended = stack.doctor("--fix", "--yes")
        done = [one["name"] for one in mended["mended"] if one["failed"] is None]
        assert name in done, mended
        assert stack.found() == set(), mended
