"""The schema that the stand-in serves is the google provider's, for the resources that are used."""

from __future__ import annotations

import json

import pytest

from tests.infra.commands import ROOT
from tests.infra.heavy import heavy
from tests.infra.provider import extract
from tests.infra.terraform import VERSION

WHEELS = ROOT / "build" / "schema"
KEPT = json.loads(extract.SCHEMA.read_text("utf-8"))


def test_every_type_that_is_used_has_a_schema() -> None:
    """And no other is kept."""
    for kind, names in extract.used_types().items():
        assert set(KEPT[kind]) == names, "write it anew: python -m tests.infra.provider.extract WHEEL"


def test_the_schema_says_what_plans_are_checked_by() -> None:
    """Attributes with types, what must be given, and which values a text may have."""
    database = KEPT["resource"]["google_firestore_database"]["attributes"]
    assert database["name"] == {"type": "string", "required": True}
    assert database["type"]["values"] == ["FIRESTORE_NATIVE", "DATASTORE_MODE"]
    assert KEPT["resource"]["google_storage_bucket"]["blocks"]["lifecycle_rule"]["many"]


@heavy
@pytest.mark.slow
def test_the_schema_is_that_of_the_package() -> None:
    """What is kept is what comes out of HashiCorp's package, which is for the version that the environments pin."""
    (wheel,) = WHEELS.glob("*.whl")
    assert extract.text(extract.extracted(wheel)) + "\n" == extract.SCHEMA.read_text("utf-8")
    assert f"/providers/hashicorp/google/{VERSION}/" in extract.documented_at(wheel)
