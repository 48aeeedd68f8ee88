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


def outages(account, stack):
    """Returns the log lines of the stack's functions about faults of others than clients."""
    pages = account.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/vestibule/{stack}")
    lines = [event["message"] for page in pages for event in page["events"]]
    return "\n".join(line for line in lines if '"fault":' in line and '"fault":"client"' not in line)
