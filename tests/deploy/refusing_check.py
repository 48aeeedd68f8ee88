"""The function `check` of a later release: it refuses a deployment with that release, and accepts the roll-back."""

import json
import os
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"


def answer(request):
    taken = request["RequestType"] == "Delete" or request["ResourceProperties"].get("Release") != "next"
    same = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")}
    return same | {"Status": "SUCCESS" if taken else "FAILED", "Reason": "refused by the next release"}


while True:
    with urllib.request.urlopen(RUNTIME + "next") as event:
        identifier, request = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
    put = urllib.request.Request(request["ResponseURL"], json.dumps(answer(request)).encode(), {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(put).close()
    urllib.request.urlopen(RUNTIME + identifier + "/response", b"null").close()
