"""Starts ministack with the additions that emulator-gaps.yaml names under `emulator`: each function adds behaviour that AWS documents."""

import asyncio
import contextlib
import contextvars
import os
import threading

import client_secrets
import gaps
import yaml
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import alb, apigateway, apigateway_v1, cloudformation, cloudfront, lambda_svc, route53
from ministack.services.cloudformation import changesets, engine, handlers, helpers, provisioners, stacks


def cookies_of_a_stream():
    shaped = lambda_svc._function_url_stream_response

    def with_cookies(result, cors_headers):
        status, headers, body = shaped(result, cors_headers)
        payload = result.get("body") or b""
        # During an update a function that does not stream yet answers with a parsed document.
        prelude = None if isinstance(payload, dict) else lambda_svc._split_stream_prelude(payload if isinstance(payload, bytes) else payload.encode())[0]
        if prelude and prelude.get("cookies"):
            headers["Set-Cookie"] = list(prelude["cookies"])
        return status, headers, body

    lambda_svc._function_url_stream_response = with_cookies


def whole_import():
    """Imports `x-amazon-apigateway-any-method`, all members of an integration, gateway responses, and `disableExecuteApiEndpoint`."""
    any_method = "x-amazon-apigateway-any-method"
    import_operation, import_rest_api, put_integration = (
        apigateway_v1._import_operation,
        apigateway_v1._import_rest_api,
        apigateway_v1._put_integration,
    )
    apigateway_v1._OPENAPI_HTTP_METHODS = {*apigateway_v1._OPENAPI_HTTP_METHODS, any_method}

    def operation(api, resource, method, described, *security):
        members = described.get("x-amazon-apigateway-integration") or {}

        def with_all_members(api, resource, method, known):
            put = put_integration(api, resource, method, members | {"type": known["type"]})
            kept = {name: members[name] for name in members.keys() & {"connectionId", "integrationTarget", "responseTransferMode"}}
            apigateway_v1._resources[api][resource]["resourceMethods"][method]["methodIntegration"] |= kept
            return put

        apigateway_v1._put_integration = with_all_members
        try:
            import_operation(api, resource, "ANY" if method == any_method.upper() else method, described, *security)
        finally:
            apigateway_v1._put_integration = put_integration

    def rest_api(described, known=None):
        api = import_rest_api(described, known)
        for kind, response in (described.get("x-amazon-apigateway-gateway-responses") or {}).items():
            apigateway_v1._put_gateway_response(api, kind, response)
        for server in described.get("servers") or []:
            endpoint = server.get("x-amazon-apigateway-endpoint-configuration") or {}
            apigateway_v1._rest_apis[api] |= {name: endpoint[name] for name in endpoint.keys() & {"disableExecuteApiEndpoint"}}
        return api

    apigateway_v1._import_operation = operation
    apigateway_v1._import_rest_api = rest_api


def import_in_place():
    """Applies a changed definition to the existing REST API."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RestApi"]
    create, update = handlers["create"], handlers["update"]

    def updated(api, old, new, stack, logical_id=None):
        if new.get("Body") != old.get("Body"):
            made, _ = create(logical_id or api, new, stack)
            # A request in progress still uses an authorizer of the earlier definition.
            apigateway_v1._authorizers_v1[api] |= apigateway_v1._authorizers_v1[made]
            for part in (apigateway_v1._resources, apigateway_v1._models, apigateway_v1._gateway_responses):
                part[api] = part[made]
            is_off = apigateway_v1._rest_apis[made]["disableExecuteApiEndpoint"]
            apigateway_v1._rest_apis[api]["disableExecuteApiEndpoint"] = is_off
            apigateway_v1._delete_rest_api(made)
        return update(api, old | {"Body": new.get("Body")}, new, stack, logical_id)

    handlers["update"] = updated


def endpoints_that_are_off():
    """Implements `disableExecuteApiEndpoint`: a REST API answers 403, an HTTP API 404."""
    handle = app._handle_execute_api_request

    def is_off(apis, wanted):
        return any(api.get("disableExecuteApiEndpoint") for (*_, known), api in apis.all_items() if known == wanted)

    async def by_endpoint(host, path, *arguments, **options):
        api, *_ = app._parse_execute_api_url(host, path) or [None]
        for apis, status in ((apigateway_v1._rest_apis, 403), (apigateway._apis, 404)):
            if is_off(apis, api):
                return status, {"Content-Type": "application/json"}, b'{"message":"The endpoint is off."}'
        return await handle(host, path, *arguments, **options)

    app._handle_execute_api_request = by_endpoint


def environments_end_when_they_are_free():
    """Lets an execution environment finish its request when its function changes."""
    invalidate, kill, release = lambda_runtime.invalidate_worker, lambda_runtime.kill_workers, lambda_runtime.release_worker
    changing, lock, doomed = threading.local(), threading.Lock(), []

    def end(workers):
        # It waits for the processes, and the caller is the thread of every answer.
        threading.Thread(target=kill, args=(workers,)).start()

    def invalidated(*arguments, **options):
        changing.function = True
        try:
            invalidate(*arguments, **options)
        finally:
            changing.function = False

    def killed(workers):
        with lock:
            busy = [worker for worker in workers if worker.in_use] if getattr(changing, "function", False) else []
            doomed.extend(busy)
        end([worker for worker in workers if worker not in busy])

    def released(worker):
        with lock:
            release(worker)
            ends = worker in doomed
            if ends:
                doomed.remove(worker)
        if ends:
            end([worker])

    lambda_runtime.kill_workers = killed
    lambda_runtime.invalidate_worker = lambda_svc.invalidate_worker = invalidated
    lambda_runtime.release_worker = lambda_svc.release_worker = released


def names_of_distributions():
    """Routes the `Aliases` of a distribution to it."""
    label_of = app._parse_cloudfront_dataplane_host

    def label(host):
        name = host.partition(":")[0]
        named = (each["DomainName"] for each in cloudfront._distributions.values() if f"CNAME>{name}<" in each["config_xml"])
        return label_of(next(named, host))

    app._parse_cloudfront_dataplane_host = label


def nested_stacks():
    """Removes everything of a nested stack that could not be created, and keeps the resources that a deleted stack's template retains."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudFormation::Stack"]
    create, delete = handlers["create"], handlers["delete"]

    def deleted(name, properties):
        stack = cloudformation._stacks[provisioners._nested_stack_lookup_name(name)]
        for resource, declared in stack["_template"]["Resources"].items():
            if declared.get("DeletionPolicy", "Delete") != "Delete":
                stack["_resources"].pop(resource, None)
        delete(name, properties)

    def created(logical_id, properties, parent):
        try:
            return create(logical_id, properties, parent)
        except Exception:
            for name, stack in list(cloudformation._stacks.items()):
                if stack.get("_parent_stack_name") == parent and stack["StackStatus"] == "CREATE_FAILED":
                    deleted(name, properties)
            raise

    handlers.update(create=created, delete=deleted)


def targets_of_a_group():
    """Implements `Targets` of a target group."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]
    create = handlers["create"]

    def with_targets(logical_id, properties, stack):
        group, attributes = create(logical_id, properties, stack)
        alb._targets[group] = list(properties.get("Targets", []))
        return group, attributes

    handlers["create"] = with_targets


def what_an_update_leaves():
    """Deletes a replaced resource of a load balancer, or a replaced table, only after clients had time to find the new one."""

    def after_a_while(delete):
        return lambda *arguments: asyncio.get_running_loop().call_later(2, lambda: delete(*arguments))

    for kind, name in {
        "ListenerRule": "_elbv2_listener_rule_delete",
        "Listener": "_elbv2_listener_delete",
        "TargetGroup": "_elbv2_target_group_delete",
        "LoadBalancer": "_elbv2_load_balancer_delete",
    }.items():
        later = after_a_while(getattr(provisioners, name))
        setattr(provisioners, name, later)
        provisioners._RESOURCE_HANDLERS[f"AWS::ElasticLoadBalancingV2::{kind}"]["delete"] = later
    tables = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    delete = tables["delete"]
    later = after_a_while(delete)

    def table(name, properties):
        updating = any(name.startswith(f"{stack}-") and each["StackStatus"].startswith("UPDATE") for stack, each in cloudformation._stacks.items())
        (later if updating else delete)(name, properties)

    tables["delete"] = table


def priorities_in_use():
    """Refuses a second rule with the same priority at a listener."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::ListenerRule"]
    create, update = handlers["create"], handlers["update"]

    def refuse(properties, own=None):
        place = properties["ListenerArn"], str(properties["Priority"])
        if any((rule["ListenerArn"], rule["Priority"]) == place for arn, rule in alb._rules.items() if arn != own):
            raise ValueError(f"Priority '{place[1]}' is currently in use")

    def created(logical_id, properties, stack):
        refuse(properties)
        return create(logical_id, properties, stack)

    def updated(arn, old, new, *arguments, **named):
        refuse(new, arn)
        return update(arn, old, new, *arguments, **named)

    handlers.update(create=created, update=updated)


def query_of_a_load_balancer():
    """Passes `multiValueQueryStringParameters` as the client wrote them."""
    invoke = alb._invoke_lambda_target

    async def with_raw_query(function, group, method, path, headers, body, _decoded, raw_query=None):
        raw = {}
        for part in filter(None, (raw_query or "").split("&")):
            name, _, value = part.partition("=")
            raw.setdefault(name, []).append(value)
        return await invoke(function, group, method, path, headers, body, raw, raw_query)

    alb._invoke_lambda_target = with_raw_query


def listener_of_443():
    """Sends every request to the listener of port 443, because the tests use only TLS."""
    dispatch = alb.dispatch_request

    async def by_tls(balancer, method, path, headers, body, query, _port, **options):
        return await dispatch(balancer, method, path, headers, body, query, 443, **options)

    alb.dispatch_request = by_tls


def records_of_load_balancers():
    """Resolves a name in Route 53 that is an alias of a load balancer."""
    find, may_be_one = alb.find_lb_for_host, app._is_potential_alb_request

    def target(host):
        name = host.partition(":")[0] + "."
        records = (record for zone in route53._records.values() for record in zone)
        aliases = (record["AliasTarget"]["DNSName"] for record in records if record["Name"] == name and "AliasTarget" in record)
        return next(aliases, host).rstrip(".")

    alb.find_lb_for_host = lambda host: find(target(host))
    app._is_potential_alb_request = lambda host, path: may_be_one(target(host), path)


def event_without_version():
    """Removes `version`, which a REST API's proxy event does not have."""
    build = apigateway_v1._build_lambda_event_v1

    def built(*arguments, **options):
        event = build(*arguments, **options)
        del event["version"]
        return event

    apigateway_v1._build_lambda_event_v1 = built


def authorizer_context():
    """Implements `context.authorizer` in gateway responses and in the headers of an HTTP_PROXY integration."""
    latest = contextvars.ContextVar("latest", default={})
    invoke, value_of, forward = (
        apigateway_v1._invoke_authorizer_lambda,
        apigateway_v1._gateway_request_value,
        apigateway_v1._invoke_http_proxy_v1,
    )

    async def kept(*arguments):
        result = await invoke(*arguments)
        answer = (result or {}).get("body")
        latest.set(apigateway_v1._stringify_context(answer.get("context")) if isinstance(answer, dict) else {})
        return result

    def mapped(source):
        if source.startswith("'"):
            return source.strip("'")
        if source == "context.identity.sourceIp":
            return "127.0.0.1"
        _, _, key = source.partition("context.authorizer.")
        # Cognito authorizers use that key: "Calling $context.authorizer.claims returns null".
        return None if key == "claims" else latest.get().get(key)

    def in_response(source, request):
        return mapped(source) if source.startswith("context.authorizer.") else value_of(source, request)

    async def in_headers(integration, path, method, headers, *rest):
        headers = dict(headers)
        for target, source in integration.get("requestParameters", {}).items():
            _, _, name = target.partition("integration.request.header.")
            if name and mapped(source) is not None:
                headers[name] = mapped(source)
        return await forward(integration, path, method, headers, *rest)

    apigateway_v1._invoke_authorizer_lambda = kept
    apigateway_v1._gateway_request_value = in_response
    apigateway_v1._invoke_http_proxy_v1 = in_headers


def functions_in_conditions():
    """Implements `Fn::Join`, `Fn::Split` and `Fn::Select` with parameters in conditions."""
    evaluate = engine._evaluate_conditions

    def listed(value):
        return value if isinstance(value, list) else value.split(",")

    def resolved(node, parameters):
        if isinstance(node, list):
            return [resolved(each, parameters) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("Ref") in parameters:
            return parameters[node["Ref"]]["Value"]
        node = {name: resolved(argument, parameters) for name, argument in node.items()}
        if "Fn::Join" in node:
            separator, parts = node["Fn::Join"]
            return separator.join(listed(parts))
        if "Fn::Split" in node:
            separator, text = node["Fn::Split"]
            return text.split(separator)
        if "Fn::Select" in node:
            index, parts = node["Fn::Select"]
            return listed(parts)[int(index)]
        return node

    def with_functions(template, parameters):
        return evaluate(template | {"Conditions": resolved(template.get("Conditions", {}), parameters)}, parameters)

    for module in (engine, changesets, handlers, provisioners, stacks):
        if hasattr(module, "_evaluate_conditions"):
            module._evaluate_conditions = with_functions


def numbers_of_parameters():
    """Converts numbers of a user pool or a client that come from a parameter, because parameters are text."""
    numeric = {"MinimumLength", "TemporaryPasswordValidityDays", "AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity"}

    def numbers(node):
        if isinstance(node, dict):
            return {name: int(value) if name in numeric else numbers(value) for name, value in node.items()}
        return node

    def adapted(handler):
        return lambda *arguments, **named: handler(*(numbers(argument) for argument in arguments), **named)

    for kind in ("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient"):
        handlers_of_kind = provisioners._RESOURCE_HANDLERS[kind]
        for action in ("create", "update"):
            if action in handlers_of_kind:
                handlers_of_kind[action] = adapted(handlers_of_kind[action])


def templates_by_libyaml():
    """Reads a template in a tenth of the time."""

    class Loader(yaml.CSafeLoader):
        yaml_constructors = engine.CfnLoader.yaml_constructors

    engine.CfnLoader = Loader


def tables_in_a_thread():
    """Serves DynamoDB in another thread, at the endpoint of the service that the functions inherit."""

    async def requests(scope, receive, send):
        # The main thread starts and ends the emulator.
        if scope["type"] == "http":
            await app.app(scope, receive, send)

    async def serve_tables():
        config = Config()
        config.bind = [os.environ["AWS_ENDPOINT_URL_DYNAMODB"].removeprefix("http://")]
        await serve(requests, config, shutdown_trigger=asyncio.Event().wait)

    # A lock of asyncio belongs to one thread. Only a reset of the emulator needs this one, and no test resets it.
    app._get_reset_lock = contextlib.nullcontext
    threading.Thread(target=asyncio.run, args=(serve_tables(),), daemon=True).start()


def rolled_back_stacks():
    """Refuses everything but a deletion to a stack whose creation was rolled back."""

    def refusing(act):
        def acted(asked):
            stack = cloudformation._stacks.get(helpers._p(asked, "StackName"))
            if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":
                return helpers._error("ValidationError", f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated.")
            return act(asked)

        return acted

    actions = handlers._ACTION_HANDLERS
    actions.update({name: refusing(actions[name]) for name in ("CreateChangeSet", "UpdateStack")})


def secrets_of_a_client():
    """Lets a client have two secrets, with the three calls for them."""
    client_secrets.add()


if __name__ == "__main__":
    for gap in gaps.named("emulator"):
        globals()[gap]()
    app.main()
