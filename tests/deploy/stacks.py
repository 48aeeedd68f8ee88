"""Actions on the functions of a stack."""

import secrets


def start_anew(account, stack):
    """Restarts each function by changing a variable that it does not read."""
    functions = account.client("lambda")
    for function in functions.list_functions()["Functions"]:
        if function["FunctionName"].startswith(stack + "-"):
            variables = function.get("Environment", {}).get("Variables", {}) | {"STARTED_ANEW": secrets.token_hex(4)}
            functions.update_function_configuration(FunctionName=function["FunctionName"], Environment={"Variables": variables})


def reasons(account, stack, resource="ConfigurationCheck"):
    """Returns the reasons that the events of a stack give for the status of a resource."""
    events = account.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == resource)
