"""Changes that somebody makes to a stack by hand; each returns the function that undoes it."""

import json
import ssl
import urllib.request


def app_client(**change):
    """Changes members of the app client and keeps the others."""

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


def variables(**change):
    def sabotage(stack):
        functions, name = stack.client("lambda"), stack.ids.get("ProxyFunction") or stack.ids["LoginFunction"]
        kept = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        changed = {key: value for key, value in (kept | change).items() if value is not None}

        def put(values):
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": values})

        put(changed)
        return lambda: put(kept)

    return sabotage


def uncalled(stack):
    functions, name = stack.client("lambda"), stack.ids["ProxyFunction"]
    [statement] = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])

    def undo():
        functions.add_permission(
            FunctionName=name,
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )

    return undo


def trigger_without_permission(stack):
    """The user pool calls a function of the account that does not allow it."""
    name = stack.ids["ProxyFunction"]
    arn = stack.client("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    return user_pool(LambdaConfig={"PreTokenGeneration": arn})(stack)


def other_code(stack):
    """Gives a function the code of another one."""
    functions = stack.client("lambda")

    def code(name):
        found = functions.get_function(FunctionName=stack.ids[name])["Code"]["Location"]
        # The emulator names its own address without TLS, which it answers with TLS only.
        with urllib.request.urlopen(found.replace("http://", "https://"), context=ssl._create_unverified_context()) as answer:
            return answer.read()

    kept, other = code("LogoutFunction"), code("LoginFunction")
    functions.update_function_code(FunctionName=stack.ids["LogoutFunction"], ZipFile=other)
    return lambda: functions.update_function_code(FunctionName=stack.ids["LogoutFunction"], ZipFile=kept)


def reserved(stack):
    functions, name = stack.client("lambda"), stack.ids["ProxyFunction"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    return lambda: functions.delete_function_concurrency(FunctionName=name)


def secret(logical, change):
    def sabotage(stack):
        secrets, name = stack.client("secretsmanager"), stack.ids[logical]
        kept = secrets.get_secret_value(SecretId=name)["SecretString"]
        secrets.put_secret_value(SecretId=name, SecretString=change(kept))
        return lambda: secrets.put_secret_value(SecretId=name, SecretString=kept)

    return sabotage


def members(**change):
    return lambda text: json.dumps(json.loads(text) | change)


def secret_policy(stack):
    secrets, name = stack.client("secretsmanager"), stack.ids["SessionKey"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return lambda: secrets.delete_resource_policy(SecretId=name)


def trust(stack):
    iam, role = stack.client("iam"), stack.ids["ProxyRole"]

    def put(service):
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    put("ec2.amazonaws.com")
    return lambda: put("lambda.amazonaws.com")


def user_pool(**change):
    def sabotage(stack):
        cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
        found = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        kept = {name: found[name] for name in ("Policies", "DeletionProtection", "AutoVerifiedAttributes", "UserPoolTier") if name in found}
        kept["AdminCreateUserConfig"] = {"AllowAdminCreateUserOnly": found["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]}
        kept["LambdaConfig"] = {}
        cognito.update_user_pool(UserPoolId=pool, **kept | change)
        return lambda: cognito.update_user_pool(UserPoolId=pool, **kept)

    return sabotage


def provisioned(stack):
    tables, name = stack.client("dynamodb"), stack.ids["Sessions"]
    few = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    tables.update_table(TableName=name, BillingMode="PROVISIONED", ProvisionedThroughput=few)
    return lambda: tables.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")


def capped(stack):
    tables, name = stack.client("dynamodb"), stack.ids["Sessions"]

    def put(most):
        tables.update_table(TableName=name, OnDemandThroughput={"MaxReadRequestUnits": most, "MaxWriteRequestUnits": most})

    put(1)
    return lambda: put(-1)


def replicated(stack):
    tables, name, region = stack.client("dynamodb"), stack.ids["Sessions"], {"RegionName": "us-east-1"}
    tables.update_table(TableName=name, ReplicaUpdates=[{"Create": region}])
    return lambda: tables.update_table(TableName=name, ReplicaUpdates=[{"Delete": region}])


def table_policy(stack):
    tables, name = stack.client("dynamodb"), stack.ids["Sessions"]
    arn = tables.describe_table(TableName=name)["Table"]["TableArn"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:*", "Resource": arn}
    tables.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return lambda: tables.delete_resource_policy(ResourceArn=arn)


def integration(**change):
    def sabotage(stack):
        apis, ids = stack.client("apigatewayv2"), {"ApiId": stack.ids["Api"], "IntegrationId": stack.ids["ProxyIntegration"]}
        kept = apis.get_integration(**ids)
        apis.update_integration(**ids, **change)
        return lambda: apis.update_integration(**ids, **{name: kept[name] for name in change if name in kept})

    return sabotage


def http_stage(change, back):
    def sabotage(stack):
        apis, ids = stack.client("apigatewayv2"), {"ApiId": stack.ids["Api"], "StageName": "$default"}
        apis.update_stage(**ids, **change)
        return lambda: apis.update_stage(**ids, **back)

    return sabotage


def http_api(change, back):
    def sabotage(stack):
        apis, api = stack.client("apigatewayv2"), stack.ids["Api"]
        apis.update_api(ApiId=api, **change)
        return lambda: back(apis, api)

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


def url_with_cors(stack):
    functions, name = stack.client("lambda"), stack.ids["ProxyFunction"]
    functions.update_function_url_config(FunctionName=name, Cors={"AllowOrigins": ["*"]})
    mode = functions.get_function_url_config(FunctionName=name)["InvokeMode"]

    def undo():
        functions.delete_function_url_config(FunctionName=name)
        functions.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode=mode)

    return undo


def without_mapping(stack):
    apis, ids = stack.client("apigateway"), {"domainName": f"{stack.name}.example.com"}
    [kept] = apis.get_base_path_mappings(**ids)["items"]
    apis.delete_base_path_mapping(**ids, basePath=kept["basePath"])
    return lambda: apis.create_base_path_mapping(**ids, restApiId=kept["restApiId"], stage=kept["stage"])


def mapping_of_another_api(stack):
    apis, ids = stack.client("apigateway"), {"domainName": f"{stack.name}.example.com"}
    [kept] = apis.get_base_path_mappings(**ids)["items"]
    other = apis.create_rest_api(name="another")["id"]
    resource = apis.get_resources(restApiId=other)["items"][0]["id"]
    apis.put_method(restApiId=other, resourceId=resource, httpMethod="GET", authorizationType="NONE")
    apis.put_integration(restApiId=other, resourceId=resource, httpMethod="GET", type="MOCK")
    apis.create_deployment(restApiId=other, stageName=kept["stage"])
    apis.delete_base_path_mapping(**ids, basePath=kept["basePath"])
    apis.create_base_path_mapping(**ids, restApiId=other, stage=kept["stage"])

    def undo():
        apis.delete_base_path_mapping(**ids, basePath=kept["basePath"])
        apis.create_base_path_mapping(**ids, restApiId=kept["restApiId"], stage=kept["stage"])
        apis.delete_rest_api(restApiId=other)

    return undo


def without_domain(stack):
    apis, ids = stack.client("apigateway"), {"domainName": f"{stack.name}.example.com"}
    kept = apis.get_domain_name(**ids)
    [mapping] = apis.get_base_path_mappings(**ids)["items"]
    apis.delete_base_path_mapping(**ids, basePath=mapping["basePath"])
    apis.delete_domain_name(**ids)

    def undo():
        members = ("regionalCertificateArn", "endpointConfiguration", "securityPolicy")
        apis.create_domain_name(**ids, **{name: kept[name] for name in members})
        apis.create_base_path_mapping(**ids, restApiId=mapping["restApiId"], stage=mapping["stage"])

    return undo


def open_path(stack):
    apis, api = stack.client("apigateway"), stack.ids["Api"]
    [resource] = [one for one in apis.get_resources(restApiId=api, limit=500)["items"] if one["path"] == "/{proxy+}"]
    made = apis.create_resource(restApiId=api, parentId=resource["parentId"], pathPart="admin")
    apis.put_method(restApiId=api, resourceId=made["id"], httpMethod="GET", authorizationType="NONE")
    return lambda: apis.delete_resource(restApiId=api, resourceId=made["id"])


def rest_integration(path, change, back):
    """Patches the integration of the application's paths."""

    def sabotage(stack):
        apis, api = stack.client("apigateway"), stack.ids["Api"]
        [resource] = [one for one in apis.get_resources(restApiId=api, limit=500)["items"] if one["path"] == "/{proxy+}"]
        ids = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "ANY"}
        kept = apis.get_integration(**ids)
        apis.update_integration(**ids, patchOperations=[{"path": path} | change])
        value = kept["uri"] if path == "/uri" else back
        return lambda: apis.update_integration(**ids, patchOperations=[{"op": "replace" if path == "/uri" else "add", "path": path, "value": value}])

    return sabotage


def without_authorization(stack):
    apis, api = stack.client("apigateway"), stack.ids["Api"]
    [resource] = [one for one in apis.get_resources(restApiId=api, limit=500)["items"] if one["path"] == "/{proxy+}"]
    ids = {"restApiId": api, "resourceId": resource["id"], "httpMethod": "ANY"}

    def put(kind):
        apis.update_method(**ids, patchOperations=[{"op": "replace", "path": "/authorizationType", "value": kind}])

    put("NONE")
    return lambda: put("CUSTOM")


def own_answer(kind, change):
    """Replaces or deletes a gateway response of the API."""

    def sabotage(stack):
        apis, ids = stack.client("apigateway"), {"restApiId": stack.ids["Api"], "responseType": kind}
        found = apis.get_gateway_response(**ids)
        kept = {name: found[name] for name in ("statusCode", "responseParameters", "responseTemplates") if name in found}
        apis.put_gateway_response(**ids, **change) if change else apis.delete_gateway_response(**ids)
        return lambda: apis.put_gateway_response(**ids, **kept)

    return sabotage


def rule(name, **change):
    def sabotage(stack):
        balancing, arn = stack.client("elbv2"), stack.ids[name]
        [kept] = balancing.describe_rules(RuleArns=[arn])["Rules"]
        balancing.modify_rule(RuleArn=arn, **change)
        return lambda: balancing.modify_rule(RuleArn=arn, **{member: kept[member] for member in change})

    return sabotage


def another_rule(path, action):
    def sabotage(stack):
        balancing = stack.client("elbv2")
        actions = [action(stack)]
        condition = {"Field": "path-pattern", "Values": [path]}
        made = balancing.create_rule(ListenerArn=stack.ids["Listener"], Priority=1, Conditions=[condition], Actions=actions)
        return lambda: balancing.delete_rule(RuleArn=made["Rules"][0]["RuleArn"])

    return sabotage


def other_certificate(stack):
    balancing, arn = stack.client("elbv2"), stack.ids["Listener"]
    [listener] = balancing.describe_listeners(ListenerArns=[arn])["Listeners"]
    other = stack.client("acm").request_certificate(DomainName="another.example.com")["CertificateArn"]
    balancing.modify_listener(ListenerArn=arn, Certificates=[{"CertificateArn": other}])
    return lambda: balancing.modify_listener(ListenerArn=arn, Certificates=listener["Certificates"])


def balancer(key, value, back):
    def sabotage(stack):
        attribute(key, value)(stack)
        return lambda: attribute(key, back)(stack)

    return sabotage


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
