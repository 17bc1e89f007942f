"""Every object of Kubernetes' own kinds against Kubernetes' own schemas, offline; a misspelt field is an error."""

import copy
from typing import Any

import pytest

from shared.contracts.topics import SERVICES
from tests.unit.kubernetes.committed import Object, objects, of_kind

validator: Any = pytest.importorskip("kubernetes_validate", reason="install what requirements/development.txt locks")


def all_objects() -> list[Object]:
    own = (each for service in SERVICES for each in objects(f"base/{service}"))
    return [*of_kind("", "ConfigMap"), *own, *objects("traces")]


def test_every_object_that_needs_no_operator_is_valid() -> None:
    for each in all_objects():
        validator.validate(each, validator.latest_version(), strict=True)


def test_a_misspelt_field_is_refused() -> None:
    [web] = [each for each in objects("base/intake") if each["metadata"]["name"] == "nss-intake-web"
             and each["kind"] == "Deployment"]  # fmt: skip
    wrong = copy.deepcopy(web)
    probe = wrong["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    probe["failureTreshold"] = probe.pop("failureThreshold")
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, validator.latest_version(), strict=True)
