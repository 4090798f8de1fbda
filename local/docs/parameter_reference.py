"""Every parameter of the stack with its default and what is allowed, from the template."""

from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local.docs.markdown import code, table
from local.paths import TEMPLATE


def render() -> str:
    """A table for each group of parameters."""
    template = yaml_parse(TEMPLATE.read_text())
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return "\n\n".join(_group(group, template["Parameters"]) for group in groups)


def _group(group: dict[str, Any], parameters: dict[str, Any]) -> str:
    rows = [(code(name), _default(parameters[name]), _meaning(parameters[name])) for name in group["Parameters"]]
    return f"### {group['Label']['default']}\n\n{table(('parameter', 'default', 'meaning'), rows)}"


def _default(parameter: dict[str, Any]) -> str:
    if "Default" not in parameter:
        return "required"
    return code(str(parameter["Default"])) if parameter["Default"] != "" else "empty"


def _meaning(parameter: dict[str, Any]) -> str:
    values = [code(str(value)) for value in parameter.get("AllowedValues", ())]
    allowed = f" One of {', '.join(values)}." if values else ""
    return f"{' '.join(parameter['Description'].split())}{allowed}"
