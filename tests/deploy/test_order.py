"""Every resource of a template waits for the check, except those that the check itself needs."""

import re

import pytest
import yaml
from account import ROOT

BEFORE = {"CheckFunction", "CheckRole", "LogGroup"}


class Loader(yaml.SafeLoader):
    """Reads `!Name value` as {Name: value}."""


def function(loader, name, node):
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    return {name: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", function)


def names(node):
    """Yields the names that a part of a resource refers to."""
    if isinstance(node, list):
        for each in node:
            yield from names(each)
    if isinstance(node, dict):
        for name, argument in node.items():
            if name in ("Ref", "GetAtt"):
                yield argument.split(".")[0]
            elif name == "Sub":
                text = argument if isinstance(argument, str) else argument[0]
                yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
                yield from names(argument)
            else:
                yield from names(argument)


def awaited(resources, name):
    """Returns every resource that this one depends on, directly or indirectly."""
    found, left = set(), [name]
    while left:
        resource = resources[left.pop()]
        explicit = resource.get("DependsOn", [])
        direct = {*names(resource["Properties"]), *([explicit] if isinstance(explicit, str) else explicit)}
        left += [each for each in direct & set(resources) if each not in found]
        found |= direct & set(resources)
    return found


@pytest.mark.parametrize("template", ["template", "http-api", "function-url", "alb"])
def test_nothing_is_made_or_replaced_before_the_check(template):
    resources = yaml.load((ROOT / "infra" / f"{template}.yaml").read_text(), Loader)["Resources"]
    assert awaited(resources, "ConfigurationCheck") == BEFORE
    for name in set(resources) - BEFORE - {"ConfigurationCheck"}:
        assert "ConfigurationCheck" in awaited(resources, name), name


@pytest.mark.parametrize("template", ["template", "http-api", "function-url", "alb"])
def test_the_client_waits_for_the_scopes_that_it_may_name(template):
    """Cognito refuses a client with a scope of a resource server that does not exist yet (ScopeDoesNotExistException)."""
    resources = yaml.load((ROOT / "infra" / f"{template}.yaml").read_text(), Loader)["Resources"]
    assert "MachineScopes" in awaited(resources, "Client")
