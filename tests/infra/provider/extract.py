"""``python -m tests.infra.provider.extract WHEEL``: writes ``google.json`` anew, the schema that the stand-in serves.

The wheel is ``cdktf-cdktf-provider-google``: Python classes that HashiCorp generates from the provider's schema, of
which nothing is imported here. A class's keyword arguments are what may be written into a resource's block; properties
beyond those are what the provider computes; the docstrings tell which values a text may have. Only the resources that
``infra/terraform`` uses are kept.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = Path(__file__).with_name("google.json")

_PACKAGE = "cdktf_cdktf_provider_google"
_META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners", "alias"}
"""Arguments that are Terraform's own, and no provider's."""
_OWN = {
    "TF_RESOURCE_TYPE", "cdktf_stack", "complex_computed_list", "computed", "creation_stack", "fqn",
    "friendly_unique_id", "internal_value", "interpolation_as_list", "node", "raw_overrides", "terraform_attribute",
    "terraform_generator_metadata", "terraform_meta_arguments", "terraform_resource", "terraform_resource_type",
}  # fmt: skip
"""Properties that are those classes' own."""
_ALSO_COMPUTED = {"id", "project", "region", "zone", "location", "service", "self_link", "name", "generated_id"}
"""Optional arguments that the provider fills in where they are left out. The classes don't tell."""
_NAME = re.compile(r":param (\w+): .*?\{@link \S+#(\w+) ")
"""Python's name of an argument, and Terraform's: they differ where digits are (``md5_hash``, ``md5hash``)."""
_VALUES = re.compile(r":param (\w+): .*?Possible values: \[((?:\"[^\"]*\"(?:, )?)+)\]")

Json = dict[str, Any]


def extracted(wheel: Path) -> Json:
    """The schema: ``resource`` and ``data`` → type → block."""
    used = used_types()
    with zipfile.ZipFile(wheel) as opened:
        return {
            "provider": {"google": _Module(opened, "provider").block("GoogleProvider")},
            **{
                kind: {name: _Module(opened, _module(kind, name)).main() for name in sorted(names)}
                for kind, names in used.items()
            },
        }


def documented_at(wheel: Path) -> str:
    """The address of a resource's documentation, which tells the provider's version."""
    with zipfile.ZipFile(wheel) as opened:
        text = opened.read(f"{_PACKAGE}/storage_bucket/__init__.py").decode()
    found = re.search(r"https://registry\.terraform\.io/\S+", text)
    return found[0] if found else ""


def used_types() -> Mapping[str, set[str]]:
    """The types of resources and data sources that ``infra/terraform`` names."""
    text = "\n".join(file.read_text("utf-8") for file in (ROOT / "infra" / "terraform").rglob("*.tf"))
    return {kind: set(re.findall(rf'^{kind} "(google_\w+)"', text, re.MULTILINE)) for kind in ("resource", "data")}


def _module(kind: str, name: str) -> str:
    return f"data_{name}" if kind == "data" else name.removeprefix("google_")


@dataclass(frozen=True)
class _Class:
    arguments: Mapping[str, tuple[bool, str]]
    """Name → whether it must be given, and its annotation."""
    properties: Mapping[str, str]
    names: Mapping[str, str]
    values: Mapping[str, list[str]]


class _Module:
    def __init__(self, wheel: zipfile.ZipFile, name: str) -> None:
        self._name = name
        tree = ast.parse(wheel.read(f"{_PACKAGE}/{name}/__init__.py"))
        self._classes = {found.name: _read(found) for found in tree.body if isinstance(found, ast.ClassDef)}

    def main(self) -> Json:
        """The block of the resource that the module is about."""
        wanted = self._name.replace("_", "")
        return self.block(next(name for name in self._classes if name.lower() == wanted))

    def block(self, name: str) -> Json:
        """Attributes and nested blocks."""
        read = self._classes[name]
        computed = self._classes.get(f"{name}OutputReference", read).properties
        attributes: Json = {}
        blocks: Json = {}
        for argument, (required, annotation) in read.arguments.items():
            nested = self._reference(annotation)
            if argument in _META:
                continue
            told = read.names.get(argument, argument)
            if nested is None:
                attributes[told] = _attribute(told, required, _type(annotation), read.values.get(argument))
            else:
                blocks[told] = {"required": required, "many": "Sequence" in annotation, **self.block(nested)}
        for name, annotation in computed.items():
            if name not in read.arguments:
                attributes[name] = {"type": self._output(annotation), "computed": True}
        return {"attributes": dict(sorted(attributes.items())), "blocks": dict(sorted(blocks.items()))}

    def _reference(self, annotation: str) -> str | None:
        """The class that an annotation names: in quotes, if it is told before it is there."""
        return next((word for word in re.findall(r"\w+", annotation) if word in self._classes), None)

    def _output(self, annotation: str) -> Any:
        """The type of what is computed: nested lists of objects, too."""
        nested = self._reference(annotation)
        if nested is None:
            return _type(annotation)
        base = re.sub(r"(List|OutputReference)$", "", nested)
        properties = self._classes[f"{base}OutputReference"].properties
        return ["list", ["object", {name: self._output(kind) for name, kind in sorted(properties.items())}]]


def _read(found: ast.ClassDef) -> _Class:
    arguments: dict[str, tuple[bool, str]] = {}
    properties: dict[str, str] = {}
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for item in found.body:
        if not isinstance(item, ast.FunctionDef):
            continue
        if item.name == "__init__":
            given = zip(item.args.kwonlyargs, item.args.kw_defaults, strict=True)
            arguments = {one.arg: (default is None, ast.unparse(one.annotation or one)) for one, default in given}
            said = ast.get_docstring(item) or ""
            names = dict(_NAME.findall(said))
            values = {name: json.loads(f"[{told}]") for name, told in _VALUES.findall(said)}
        elif item.returns is not None and _is_told(item):
            properties[item.name] = ast.unparse(item.returns)
    return _Class(arguments, properties, names, values)


def _is_told(item: ast.FunctionDef) -> bool:
    """Whether it is a property that says something of the resource."""
    decorated = any(ast.unparse(one).endswith("property") for one in item.decorator_list)
    return decorated and item.name not in _OWN and not item.name.endswith("_input")


def _attribute(name: str, required: bool, kind: Any, values: list[str] | None) -> Json:
    made: Json = {"type": kind}
    if required:
        made["required"] = True
    elif name in _ALSO_COMPUTED:
        made["computed"] = made["optional"] = True
    else:
        made["optional"] = True
    return {**made, "values": values} if values and kind == "string" else made


def _type(annotation: str) -> Any:
    """The type as Terraform writes it in JSON."""
    element = "number" if "jsii.Number" in annotation else "bool" if _is_bool(annotation) else "string"
    if "Mapping[" in annotation or "Map" in annotation:
        return ["map", element]
    return ["list", element] if re.search(r"\b(Sequence|List)\[", annotation) else element


def _is_bool(annotation: str) -> bool:
    return "builtins.bool" in annotation or annotation.endswith("IResolvable")


def text(value: Any, indent: int = 0) -> str:
    """The schema as JSON with what fits into a line in one line, so that a change is easy to see."""
    short = json.dumps(value)
    if len(short) + indent <= 110 or not isinstance(value, dict):
        return short
    inner = ",\n".join(f'{" " * (indent + 1)}"{name}": {text(each, indent + 1)}' for name, each in value.items())
    return f"{{\n{inner}\n{' ' * indent}}}"


if __name__ == "__main__":
    SCHEMA.write_text(text(extracted(Path(sys.argv[1]))) + "\n", "utf-8")
