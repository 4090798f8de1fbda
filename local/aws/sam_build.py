"""Turns what `sam build` left behind into a plain CloudFormation template; nothing is copied or uploaded."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import intrinsics_multi_constructor

_CODE_PROPERTY = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_STATE_MACHINE = "AWS::Serverless::StateMachine"
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """As SAM reads templates, in a tenth of the time where libyaml is."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


class Build:
    """A template with the directories and definitions it refers to; these are read where they are."""

    def __init__(self, path: Path) -> None:
        self.template: dict[str, Any] = yaml.load(path.read_text(), _Loader)
        self.directories: dict[str, Path] = {}
        self.definitions: dict[str, str] = {}
        for logical_id, resource in self.template["Resources"].items():
            self._take(path.parent, logical_id, resource["Type"], resource.get("Properties", {}))

    def _take(self, root: Path, logical_id: str, kind: str, properties: dict[str, Any]) -> None:
        """Replace a local path by an address, as `sam package` does; the logical id in it says what it stands for."""
        address = f"s3://local/{logical_id}"
        if kind in _CODE_PROPERTY:
            self.directories[logical_id] = (root / properties[_CODE_PROPERTY[kind]]).resolve()
            properties[_CODE_PROPERTY[kind]] = address
        if kind == _STATE_MACHINE:
            definition = yaml.load((root / properties["DefinitionUri"]).read_text(), _Loader)
            self.definitions[logical_id] = json.dumps(definition)
            properties["DefinitionUri"] = address

    def transform(self, parameters: dict[str, str]) -> dict[str, Any]:
        """The plain CloudFormation template."""
        transformed: dict[str, Any] = Translator({}, Parser()).translate(self.template, dict(parameters))
        for logical_id, definition in self.definitions.items():
            properties = transformed["Resources"][logical_id]["Properties"]
            del properties["DefinitionS3Location"]
            substitutions = properties.pop("DefinitionSubstitutions", {})
            properties["DefinitionString"] = splice(definition, substitutions)
        return transformed


def splice(definition: str, substitutions: dict[str, Any]) -> dict[str, Any]:
    """Replace ${Name} by its expression; not with Fn::Sub, because moto's turns `$$.Execution` into `$.Execution`."""
    parts = _PLACEHOLDER.split(definition)
    unknown = set(parts[1::2]) - set(substitutions)
    if unknown:
        raise KeyError(f"DefinitionSubstitutions lacks {', '.join(sorted(unknown))}")
    return {"Fn::Join": ["", [substitutions[part] if index % 2 else part for index, part in enumerate(parts)]]}
