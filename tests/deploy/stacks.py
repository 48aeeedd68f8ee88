"""What the tests do with the functions of a stack."""

import secrets


def start_anew(account, stack):
    """Starts each function anew, with another value of a variable that it does not read."""
    functions = account.client("lambda")
    for function in functions.list_functions()["Functions"]:
        if function["FunctionName"].startswith(stack + "-"):
            variables = function.get("Environment", {}).get("Variables", {}) | {"STARTED_ANEW": secrets.token_hex(4)}
            functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": variables})


def reasons(account, stack, resource="ConfigurationCheck"):
    """The events of a stack give these reasons for what became of a resource."""
    events = account.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == resource)
