"""The changes that emulator-gaps.yaml names under `template`: each function changes the test's copy of a template written by `sam build`."""

import string


def without_branding(template):
    del template["Resources"]["Branding"]


def secrets_by_pattern(template):
    """Replaces `!Ref SECRET` by an ARN in the policies."""
    secrets = {name: value for name, value in template["Resources"].items() if value["Type"] == "AWS::SecretsManager::Secret"}

    def arn(node):
        if set(node) == {"Ref"} and node["Ref"] in secrets:
            name = secrets[node["Ref"]]["Properties"]["Name"]["Fn::Sub"]
            return {"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:" + name + "-??????"}
        return node

    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            resource["Properties"] = walked(resource["Properties"], arn)


def punctuation_by_character(template):
    """Replaces `ExcludePunctuation` by `ExcludeCharacters`."""

    def excluded(node):
        if node.get("ExcludePunctuation"):
            return {**node, "ExcludeCharacters": string.punctuation}
        return node

    template["Resources"] = walked(template["Resources"], excluded)


def walked(node, change):
    """Applies `change` to each mapping in `node`, innermost first."""
    if isinstance(node, dict):
        return change({key: walked(value, change) for key, value in node.items()})
    if isinstance(node, list):
        return [walked(value, change) for value in node]
    return node
