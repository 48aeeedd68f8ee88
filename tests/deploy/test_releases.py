"""A new release of the functions: its own check validates the existing parameters before a serving function is replaced."""

import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from account import ROOT, DeploymentFailed
from fronts import FRONTS
from stacks import outages, reasons
from steady import Steady


def next_release(account, front):
    """Returns a project whose check refuses every deployment, and whose other functions cannot start."""
    project = account.directory / f"next-{front}"
    shutil.copytree(account.project(front), project)
    (build,) = {path.parent.parent for path in project.glob(f".aws-sam/{'build' if front == 'default' else front}/*/bootstrap")}
    for bootstrap in build.glob("*/bootstrap"):
        bootstrap.write_bytes(b"\x7fELF that no processor runs")
    refusal = Path(__file__).with_name("refusing_check.py").read_text()
    (build / "CheckFunction" / "bootstrap").write_text(f"#!{sys.executable}\n{refusal}")
    template = build / "template.yaml"
    document = yaml.safe_load(template.read_text())
    properties = document["Resources"]["ConfigurationCheck"]["Properties"]
    assert properties["Release"] == tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    properties["Release"] = "next"
    template.write_text(yaml.safe_dump(document, sort_keys=False))
    return project


def code(account, stack):
    functions = account.client("lambda").list_functions()["Functions"]
    return {function["FunctionName"]: function["CodeSha256"] for function in functions if function["FunctionName"].startswith(stack)}


@pytest.mark.parametrize("front", FRONTS)
def test_a_release_that_refuses_the_parameters_goes_back_while_the_one_before_serves(account, beforehand, upstream, browser, front):
    stack = f"released-{front}"
    parameters = {"UpstreamUrl": upstream, "Domain": stack, **beforehand.parameters(front, f"{stack}.example.com")}
    url = account.deploy(front, stack, **parameters)["Url"]
    before = code(account, stack)
    with Steady(lambda: browser.send(url + "/oauth2/login")) as steady:
        with pytest.raises(DeploymentFailed, match="ROLLBACK_COMPLETE"):
            account.deploy(front, stack, next_release(account, front), **parameters)
    assert "refused by the next release" in reasons(account, stack), reasons(account, stack)
    assert not steady.others({302}), outages(account, stack)
    assert code(account, stack) == before
    account.delete(stack)
