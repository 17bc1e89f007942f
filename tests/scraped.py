"""Reading what a process shows at /metrics."""

import re
from collections.abc import Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from shared.runtime.metric_registry import METRICS, SERVICE, MetricSpec

SAMPLE_ENDINGS = ("_bucket", "_count", "_sum")
ADDED_BY_FORMAT = {"le"}


def families_of(text: str) -> Mapping[str, Metric]:
    """The families of an exposition text by name."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def unbounded_labels(text: str) -> Iterator[str]:
    """A line for each label value, or name, that the registry does not allow."""
    specs = {spec.family: spec for spec in METRICS}
    for family in families_of(text).values():
        if family.name in specs:
            for sample in family.samples:
                yield from _outside(specs[family.name], sample.labels)


def _outside(spec: MetricSpec, labels: Mapping[str, str]) -> Iterator[str]:
    bounds = {label.name: label for label in (SERVICE, *spec.labels)}
    for name in (labels.keys() - ADDED_BY_FORMAT) ^ bounds.keys():
        yield f"{spec.name}: label {name}"
    for name, label in bounds.items():
        value = labels.get(name, "")
        if value not in label.values if label.values else not re.fullmatch(label.pattern, value):
            yield f"{spec.name}: {name}={value}"
