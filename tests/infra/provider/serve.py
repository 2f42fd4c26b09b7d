"""``python -m tests.infra.provider.serve``, started by Terraform: the google provider without Google.

It checks what the real one's schema checks (names, types, what must be there, which values a text may have), plans, and
remembers nothing. What Google alone would know stays unknown in a plan, but for what :data:`TOLD` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import tf.provider
from tf.gen import tfplugin_pb2 as pb
from tf.gen.tfplugin_pb2_grpc import ProviderServicer
from tf.runner import run_provider

Json = dict[str, Any]
SCHEMA: Json = json.loads(Path(__file__).with_name("google.json").read_text("utf-8"))
UNKNOWN = msgpack.ExtType(0, b"\0")
NUMBER = "123456789012"
"""Of whichever project."""

TOLD: Mapping[tuple[str, str], Callable[[Json], Any]] = {
    ("google_project", "number"): lambda _: NUMBER,
    ("google_service_account", "email"): lambda it: f"{it['account_id']}@{it['project']}.iam.gserviceaccount.com",
    ("google_storage_project_service_account", "email_address"): lambda _: (
        f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
    ),
}
"""Type and attribute → what a plan knows of it: what follows from what was written."""


class Stand(ProviderServicer):  # type: ignore[misc] # tf has no types
    """Answers Terraform, by the protocol that it speaks with providers."""

    def __init__(self, provider: object) -> None:
        """``tf`` hands its own description of a provider over; the schema says more."""

    def GetMetadata(self, request: Any, context: Any) -> Any:
        """Which types there are."""
        return pb.GetMetadata.Response(
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in SCHEMA["resource"]],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in SCHEMA["data"]],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        """All of the schema."""
        return pb.GetProviderSchema.Response(
            provider=_schema(SCHEMA["provider"]["google"]),
            resource_schemas={name: _schema(block) for name, block in SCHEMA["resource"].items()},
            data_source_schemas={name: _schema(block) for name, block in SCHEMA["data"].items()},
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        """Any configuration that fits the schema."""
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        """Whether each text is one of those that its attribute may have."""
        wrong = _wrong_values(_decoded(request.config), SCHEMA["resource"][request.type_name])
        return pb.ValidateResourceConfig.Response(diagnostics=map(_diagnostic, wrong))

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        """As with resources."""
        wrong = _wrong_values(_decoded(request.config), SCHEMA["data"][request.type_name])
        return pb.ValidateDataResourceConfig.Response(diagnostics=map(_diagnostic, wrong))

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        """There is nobody to log in to."""
        return pb.ConfigureProvider.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        """A state is as it was."""
        return pb.UpgradeResourceState.Response(upgraded_state=_encoded(json.loads(request.raw_state.json)))

    def ReadResource(self, request: Any, context: Any) -> Any:
        """Nobody has changed anything."""
        return pb.ReadResource.Response(new_state=request.current_state)

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        """What was asked, with made-up answers."""
        found = _decoded(request.config)
        _fill(found, SCHEMA["data"][request.type_name], request.type_name, _made_up)
        return pb.ReadDataSource.Response(state=_encoded(found))

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        """What was written, and what is known of the rest."""
        wanted = _decoded(request.proposed_new_state)
        if wanted is not None and _decoded(request.prior_state) is None:
            _fill(wanted, SCHEMA["resource"][request.type_name], request.type_name, lambda _: UNKNOWN)
        return pb.PlanResourceChange.Response(planned_state=_encoded(wanted))

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        """It is done, nowhere: the state has made-up values in the place of unknown ones."""
        done = _decoded(request.planned_state)
        if done is not None:
            block = SCHEMA["resource"][request.type_name]
            done = {name: None if value == UNKNOWN else value for name, value in done.items()}
            _fill(done, block, request.type_name, _made_up)
        return pb.ApplyResourceChange.Response(new_state=_encoded(done))

    def GetFunctions(self, request: Any, context: Any) -> Any:
        """None."""
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        """Nothing is under way."""
        return pb.StopProvider.Response()


def _schema(block: Json) -> Any:
    return pb.Schema(version=0, block=_block(block))


def _block(block: Json) -> Any:
    nested = pb.Schema.NestedBlock
    attributes = [
        pb.Schema.Attribute(
            name=name,
            type=json.dumps(told["type"]).encode(),
            required=told.get("required", False),
            optional=told.get("optional", False),
            computed=told.get("computed", False),
        )
        for name, told in block["attributes"].items()
    ]
    blocks = [
        nested(type_name=name, block=_block(told), nesting=nested.SINGLE)
        if name == "timeouts"
        else nested(
            type_name=name,
            block=_block(told),
            nesting=nested.LIST,
            min_items=int(told["required"]),
            max_items=0 if told["many"] else 1,
        )
        for name, told in block["blocks"].items()
    ]
    return pb.Schema.Block(attributes=attributes, block_types=blocks)


def _wrong_values(config: Json | None, block: Json, where: str = "") -> Iterator[tuple[str, str]]:
    """Where a text is not one of those that it may be, and what to say."""
    if config is None:
        return
    for name, told in block["attributes"].items():
        value = config.get(name)
        if isinstance(value, str) and "values" in told and value not in told["values"]:
            yield where + name, f"{where}{name} is {value!r}: it must be one of {', '.join(told['values'])}"
    for name, told in block["blocks"].items():
        found = config.get(name)
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict):
                yield from _wrong_values(each, told, f"{where}{name}.")


def _diagnostic(wrong: tuple[str, str]) -> Any:
    return pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=f"wrong value of {wrong[0]}", detail=wrong[1])


def _fill(value: Json, block: Json, kind: str, otherwise: Callable[[Json], Any]) -> None:
    """Put in what is computed and not there."""
    for name, told in block["attributes"].items():
        if told.get("computed") and value.get(name) is None:
            known = TOLD.get((kind, name))
            value[name] = otherwise(told) if known is None else known(value)
    for name, told in block["blocks"].items():
        found = value.get(name)
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict):
                _fill(each, told, "", otherwise)


def _made_up(told: Json) -> Any:
    match told["type"]:
        case "string":
            return "made-up"
        case "number":
            return 1
        case "bool":
            return False
        case ["map", _]:
            return {}
        case _:
            return []


def _decoded(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False) if value.msgpack else None


def _encoded(value: Any) -> Any:
    return pb.DynamicValue(msgpack=msgpack.packb(value))


class _Named:
    def full_name(self) -> str:
        return "registry.terraform.io/hashicorp/google"


if __name__ == "__main__":
    tf.provider.ProviderServicer = Stand
    run_provider(_Named())
