"""Adds the secrets of an app client to ministack, by the API reference of Cognito's user pools: emulator-gaps.yaml."""

import secrets
import string
import time

from ministack.core.responses import error_response_json, json_response
from ministack.services import cognito

ALPHABET = string.ascii_letters + string.digits + "+_"
MOST = 2


def add():
    """Implements the three calls. A client may authenticate with each secret that it has."""
    # By the client's id, the oldest first.
    active = {}
    dispatch, authenticate = cognito._dispatch_idp, cognito._authenticate_client

    def of(client):
        name, value, made_at = client["ClientId"], client.get("ClientSecret"), client["CreationDate"]
        return active.setdefault(name, [described(name, value, made_at)] if value else [])

    def listed(client, _):
        return json_response({"ClientSecrets": [without_value(secret) for secret in of(client)]})

    def added(client, asked):
        if not of(client):
            return error_response_json("InvalidParameterException", "The client has no secret.", 400)
        if len(of(client)) == MOST:
            return error_response_json("LimitExceededException", "The client has two secrets.", 400)
        own = asked.get("ClientSecret")
        secret = described(client["ClientId"], own or "".join(secrets.choice(ALPHABET) for _ in range(52)), time.time())
        of(client).append(secret)
        return json_response({"ClientSecretDescriptor": without_value(secret) if own else secret})

    def deleted(client, asked):
        left = [secret for secret in of(client) if secret["ClientSecretId"] != asked["ClientSecretId"]]
        if len(left) == len(of(client)):
            return error_response_json("ResourceNotFoundException", "The client has no such secret.", 400)
        if not left:
            return error_response_json("InvalidParameterException", "The last secret of a client cannot be deleted.", 400)
        active[client["ClientId"]] = left
        client["ClientSecret"] = left[0]["ClientSecretValue"]
        return json_response({})

    calls = {
        "ListUserPoolClientSecrets": listed,
        "AddUserPoolClientSecret": added,
        "DeleteUserPoolClientSecret": deleted,
    }

    async def with_calls(action, asked):
        if action not in calls:
            return await dispatch(action, asked)
        pool, refused = cognito._resolve_pool(asked.get("UserPoolId"))
        if refused:
            return refused
        client = pool["_clients"].get(asked.get("ClientId"))
        if client is None:
            return error_response_json("ResourceNotFoundException", "The pool has no such client.", 400)
        return calls[action](client, asked)

    def with_each(headers, form):
        name, value = authenticate(headers, form)
        client = cognito._find_pool_by_client_id(name)[2]
        # The endpoints compare with this one alone.
        accepted = client and any(secret["ClientSecretValue"] == value for secret in of(client))
        return name, client["ClientSecret"] if accepted else value

    cognito._dispatch_idp = with_calls
    cognito._authenticate_client = with_each


def described(client_id, value, made_at):
    return {"ClientSecretId": f"{client_id}--{int(made_at * 1000)}", "ClientSecretValue": value, "ClientSecretCreateDate": made_at}


def without_value(secret):
    return {name: member for name, member in secret.items() if name != "ClientSecretValue"}
