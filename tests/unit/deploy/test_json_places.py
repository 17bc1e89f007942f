"""Lines of values in a JSON file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operate.json_places import RepeatedKey, line_of, lines_of

TEXT = """{
  "companies": [
    {"name": "a \\"] }", "offices": [
      {"code": "NAC001"},
      {"code": "NAC002", "boxes": [], "more": {}}
    ]},
    5
  ]
}
"""


def test_every_value_is_found_on_its_line() -> None:
    places = lines_of(TEXT)

    assert places["companies"] == 2
    assert places["companies.0.name"] == 3
    assert places["companies.0.offices.1.code"] == 5
    assert places["companies.0.offices.1.more"] == 5
    assert places["companies.1"] == 7


def test_a_value_that_is_missing_is_looked_for_around_its_place() -> None:
    assert line_of(lines_of(TEXT), "companies.0.offices.0.customs") == 4
    assert line_of(lines_of(TEXT), "elsewhere") == 1


def test_a_key_that_stands_there_twice_is_an_error() -> None:
    with pytest.raises(RepeatedKey, match=r"line 3: a\.b stands there twice"):
        lines_of('{"a": {\n"b": 1,\n"b": 2}}')


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    ),
    st.sampled_from([None, 2]),
)
def test_whatever_is_json_is_walked_to_its_end(value: object, indent: int | None) -> None:
    def count(part: object) -> int:
        inner = part if isinstance(part, list) else list(part.values()) if isinstance(part, dict) else []
        return 1 + sum(count(each) for each in inner)

    text = json.dumps(value, indent=indent, ensure_ascii=False)

    try:
        found = lines_of(text)
    except RepeatedKey:
        return  # keys with dots may meet: {"a.b": 1, "a": {"b": 2}}
    assert len(found) == count(value)
