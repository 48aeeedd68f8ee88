"""Actions on a stack and its functions."""

import json
import os
import secrets
import subprocess

from account import ROOT

COMMAND = os.path.join(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "debug", "vestibule")


def vestibule(account, stack, *arguments):
    """Runs the operator's command; returns its exit code and its JSON."""
    done = subprocess.run([COMMAND, *arguments, "--stack", stack, "--json"], env=account.environment, capture_output=True, text=True)
    assert done.stdout, done
    return done.returncode, json.loads(done.stdout)


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


def log(account, stack, word):
    """Returns the lines of the stack's log with this word, the oldest first."""
    asked = {"logGroupName": f"/vestibule/{stack}", "filterPattern": f'"{word}"'}
    pages = account.client("logs").get_paginator("filter_log_events").paginate(**asked)
    return [event["message"] for page in pages for event in page["events"]]


def outages(account, stack):
    """Returns the log lines of the stack's functions about faults of others than clients."""
    return "\n".join(line for line in log(account, stack, "fault") if '"fault":' in line and '"fault":"client"' not in line)
