"""In a good stack of each front the doctor finds only the emulator's gaps, and it reports each sabotage by its name."""

import urllib.parse

import pytest
from changes_by_hand import (
    another_route,
    another_rule,
    app_client,
    attribute,
    balancer,
    capped,
    function,
    further_factors,
    http_api,
    http_stage,
    integration,
    kept_for_ever,
    mapping_of_another_api,
    members,
    no_target,
    open_path,
    other_certificate,
    other_code,
    own_answer,
    payload_format,
    provisioned,
    replicated,
    reserved,
    rest_integration,
    rule,
    secret,
    secret_policy,
    single_values,
    stopped,
    swapped_rules,
    table_policy,
    trigger_without_permission,
    trust,
    uncalled,
    url_for_some,
    url_with_cors,
    user_pool,
    variables,
    without_authorization,
    without_domain,
    without_mapping,
    without_right,
    without_secret,
)
from fronts import FRONTS
from stacks import vestibule

# Facts that the emulator does not report, although the stack has them: emulator-gaps.yaml.
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
        code, told = vestibule(self.account, self.name, "doctor", *arguments)
        assert code in (0, 1, 3), told
        return told

    def found(self):
        # The fault itself, which has its own name, also affects the answer at vestibule's own address.
        findings = self.doctor()["findings"]
        return {finding["name"] for finding in findings if not finding["wrong"].endswith(UNANSWERED)} - LACKING - {"address_refuses"}


@pytest.fixture(scope="module", params=FRONTS)
def stack(request, account, beforehand, upstream):
    front = request.param
    name = f"looked-{front}"
    host = f"{name}.example.com"
    parameters = beforehand.custom_domain(host) if front == "default" else beforehand.parameters(front, host)
    account.deploy(front, name, UpstreamUrl=upstream, Domain=name, **parameters)
    stack = Stack(account, front)
    # The name of an API or of a function URL is known only after the deployment.
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"127.0.0.1 {urllib.parse.urlsplit(stack.outputs['Url']).hostname}\n")
    return stack


# The names of the findings, separated by spaces, and the sabotage that leads to them.
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
    ("oauth_off", app_client(AllowedOAuthFlowsUserPoolClient=False)),
    ("no_identity_provider", app_client(SupportedIdentityProviders=[])),
    ("revocation_off", app_client(EnableTokenRevocation=False)),
    ("access_token_short", app_client(AccessTokenValidity=60, TokenValidityUnits={"AccessToken": "seconds", "IdToken": "minutes", "RefreshToken": "days"})),
    ("refresh_token_short", app_client(RefreshTokenValidity=1, TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"})),
    ("function_timeout", function(Timeout=3)),
    ("function_runtime", function(Runtime="provided.al2")),
    ("function_layers", function(Layers=["arn:aws:lambda:eu-central-1:123456789012:layer:another:1"])),
    ("function_log_group", function(LoggingConfig={"LogFormat": "Text", "LogGroup": "/aws/lambda/another"})),
    ("role_missing", function(Role="arn:aws:iam::000000000000:role/nobodys")),
    ("role_trust", trust),
    ("function_concurrency", reserved),
    ("call_not_allowed", uncalled),
    ("configuration_faulty function_variables_added", variables(VESTIBULE_NO_SUCH_KEY="1")),
    ("configuration_faulty function_variables", variables(VESTIBULE_SECRET_ID=None)),
    ("function_variables", variables(VESTIBULE_UPSTREAM_URL="https://elsewhere.example.com")),
    ("function_variables", variables(VESTIBULE_LOG_LEVEL="debug")),
    ("function_variables", variables(VESTIBULE_ROTATION_GRACE="10")),
    ("function_variables_added", variables(VESTIBULE_LEEWAY="300")),
    ("function_variables_added", variables(SSL_CERT_FILE="/opt/other.pem")),
    ("scope_not_allowed function_variables_added", variables(VESTIBULE_SCOPES="openid,another")),
    ("client_missing function_variables_added", variables(VESTIBULE_CLIENT_ID="another")),
    ("configuration_faulty", secret("SessionKey", lambda _: "no JSON")),
    ("configuration_faulty", secret("SessionKey", members(session_secret="short"))),
    ("configuration_faulty", secret("ClientSecret", members(no_such_key="1"))),
    ("client_secret_replaced", secret("ClientSecret", members(client_secret="another" * 8))),
    ("secret_policy", secret_policy),
    ("trigger_missing", user_pool(LambdaConfig={"PreTokenGeneration": "arn:aws:lambda:eu-central-1:000000000000:function:nobodys"})),
    ("pool_tier", user_pool(UserPoolTier="LITE")),
    ("password_length", user_pool(Policies={"PasswordPolicy": {"MinimumLength": 6}})),
    ("self_sign_up_differs", user_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})),
    ("table_provisioned", provisioned),
    ("table_capped", capped),
    ("table_replicated", replicated),
    ("table_policy", table_policy),
    ("trigger_not_allowed", trigger_without_permission),
]
# The emulator cannot produce these faults, so crates/command/src/doctor/tests covers them with collected facts: a cached answer of an authorizer, an
# API key that a method requires (the emulator keeps numbers and booleans of a patch as text, which no reader of the API accepts), deletion protection
# of the pool, a function that is Failed or Inactive, a network of the account, a quota, a key of KMS, CloudFront's share, a certificate that expires.
AT_ONE_FRONT = {
    "http-api": [
        ("payload_format", payload_format),
        ("route_past_vestibule", another_route),
        ("integration_timeout", integration(TimeoutInMillis=100)),
        ("route_past_vestibule", integration(IntegrationUri="arn:aws:lambda:eu-central-1:000000000000:function:another")),
        ("stage_throttles", http_stage({"DefaultRouteSettings": {"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0}}, {"DefaultRouteSettings": {}})),
        ("stage_not_deployed", http_stage({"AutoDeploy": False}, {"AutoDeploy": True})),
        ("endpoint_off", http_api({"DisableExecuteApiEndpoint": True}, lambda apis, api: apis.update_api(ApiId=api, DisableExecuteApiEndpoint=False))),
        ("api_answers_preflights", http_api({"CorsConfiguration": {"AllowOrigins": ["*"]}}, lambda apis, api: apis.delete_cors_configuration(ApiId=api))),
    ],
    "function-url": [("url_auth_type", url_for_some), ("url_answers_preflights", url_with_cors)],
    "default": [
        ("domain_mapping", without_mapping),
        ("domain_mapping", mapping_of_another_api),
        ("domain_mapping_missing", without_domain),
        ("function_code", other_code),
        ("own_answer_differs", own_answer("UNAUTHORIZED", {"statusCode": "200"})),
        ("header_not_replaced", rest_integration("/requestParameters/integration.request.header.cookie", {"op": "remove"}, "context.authorizer.cookieLowerCase")),
        ("path_open", open_path),
        ("path_open", without_authorization),
        ("path_upstream", rest_integration("/uri", {"op": "replace", "value": "https://elsewhere.example.com/{proxy}"}, None)),
        ("identity_not_passed", rest_integration("/requestParameters/integration.request.header.x-vestibule-sub", {"op": "remove"}, "context.authorizer.sub")),
        ("redirect_missing", own_answer("ACCESS_DENIED", None)),
        ("redirect_differs", own_answer("ACCESS_DENIED", {"statusCode": "403"})),
        ("own_answer_missing", own_answer("UNAUTHORIZED", None)),
    ],
    "alb": [
        ("rule_order", swapped_rules),
        ("target_missing", no_target),
        ("desync_monitored", balancer("routing.http.desync_mitigation_mode", "monitor", "strictest")),
        ("idle_timeout", balancer("idle_timeout.timeout_seconds", "1", "60")),
        ("rule_paths", rule("LoginRule", Conditions=[{"Field": "path-pattern", "Values": ["/another"]}])),
        ("rule_paths", rule("LogoutRule", Conditions=[{"Field": "path-pattern", "Values": ["/oauth2/logout"]}])),
        ("rule_shadowed", another_rule("/oauth2/refresh", lambda _: {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})),
        ("listener_certificate", other_certificate),
        ("rule_shadowed", another_rule("/oauth2/*", lambda _: {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})),
        ("rule_past_vestibule", another_rule("/admin/*", lambda stack: {"Type": "forward", "TargetGroupArn": stack.ids["SessionTargetGroup"]})),
    ],
}
# Faults that --fix repairs.
REPAIRED = {
    "alb": [
        ("multi_value_headers_off", single_values),
        ("forwarded_for_mode", attribute("routing.http.xff_header_processing.mode", "preserve")),
        ("invalid_headers_kept", attribute("routing.http.drop_invalid_header_fields.enabled", "false")),
    ],
}


def test_a_good_stack_has_no_finding_and_each_sabotage_has_its_own(stack):
    assert stack.found() == set(), stack.doctor()
    # Faults that are the same behind every front are tested behind one.
    everywhere = EVERYWHERE if stack.front == "http-api" else []
    missed = []
    for names, sabotage in everywhere + AT_ONE_FRONT[stack.front]:
        undo = sabotage(stack)
        found = stack.found()
        undo()
        if found != set(names.split()):
            missed.append((names, found))
    assert missed == []
    assert stack.found() == set(), stack.doctor()


def test_a_repair_that_disturbs_nobody_is_made(stack):
    for name, sabotage in [("function_timeout", function(Timeout=3)), *REPAIRED.get(stack.front, [])]:
        sabotage(stack)
        assert stack.found() == {name}
        repaired = stack.doctor("--fix", "--yes")
        done = [one["name"] for one in repaired["mended"] if one["failed"] is None]
        assert name in done, repaired
        assert stack.found() == set(), repaired
        assert name not in {one["name"] for one in stack.doctor("--fix", "--yes")["mended"]}, "a second run changes nothing"
