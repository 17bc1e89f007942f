"""The computed parts of deploy/SCALING.md follow from the measured figures, and the model from its own words."""

import copy

import pytest

from deploy.scaling.model import (
    APPLICATIONS_PER_DAY,
    BUSINESS_DAYS,
    FACTORS,
    Costs,
    ceilings,
    needs,
    peak_per_second,
    per_year,
    read_measured,
)
from deploy.scaling.render import PAGE, rendered_page
from shared.kernel.identifiers import RECEIPTS_PER_YEAR


def test_the_page_says_what_the_measured_figures_give_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered_page(), "run `python -m deploy.scaling.render`"


def test_every_section_of_measured_figures_names_its_command_and_its_machine() -> None:
    measured = read_measured()
    assert measured["machine"]
    for section in ("costs", "cdc"):
        assert measured[section]["command"].startswith("python -m tests.benchmarks.")


def test_ten_times_the_volume_is_ten_times_the_rate() -> None:
    assert per_year(1) == APPLICATIONS_PER_DAY.value * BUSINESS_DAYS.value
    assert peak_per_second(10) == pytest.approx(10 * peak_per_second(1))


def test_every_line_tells_each_volume() -> None:
    assert {len(need.at) for need in needs(Costs(read_measured()))} == {len(FACTORS)}


def test_what_gives_way_first_comes_first_and_the_years_numbers_are_among_it() -> None:
    found = ceilings(Costs(read_measured()))
    assert [each.factor for each in found] == sorted(each.factor for each in found)
    numbers = next(each for each in found if each.what.startswith("receipt numbers"))
    assert numbers.factor == pytest.approx(RECEIPTS_PER_YEAR / per_year(1))


def test_a_service_that_costs_twice_as_much_gives_way_at_half_the_volume() -> None:
    measured = read_measured()
    dearer = copy.deepcopy(dict(measured))
    dearer["costs"]["batches"]["cpu_ms_per_application"]["review"] *= 2
    before, after = (
        next(each.factor for each in ceilings(Costs(told)) if each.what.startswith("review: "))
        for told in (measured, dearer)
    )
    assert after == pytest.approx(before / 2)
