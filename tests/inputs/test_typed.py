"""From Python values to wire values by the declaration: every kind of input, and every problem in one error."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepnote_async import NotebookInput
from deepnote_async.inputs import typed

OPTIONS = ("EU", "US", "7")
DECLARED = (
    NotebookInput(name="text", type="input-text"),
    NotebookInput(name="area", type="input-textarea"),
    NotebookInput(name="slider", type="input-slider", min=0, max=10, step=0.1),
    NotebookInput(name="bare", type="input-slider"),
    NotebookInput(name="checkbox", type="input-checkbox"),
    NotebookInput(name="one", type="input-select", options=OPTIONS, multiple=False, block_id="b-one"),
    NotebookInput(name="many", type="input-select", options=OPTIONS, multiple=True, block_id="b-many"),
    NotebookInput(name="old", type="input-select"),
    NotebookInput(name="date", type="input-date", block_id="b-date"),
    NotebookInput(name="range", type="input-date-range"),
    NotebookInput(name="file", type="input-file"),
    NotebookInput(name="later", type="input-color"),
)
DAY = dt.date(2026, 1, 31)
FULL = "2026-01-31T00:00:00.000Z"
NOON = dt.datetime(2026, 1, 31, 12, 0, 0, 250_000)  # noqa: DTZ001  (that is the case)
CEST = dt.timezone(dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("name", "value", "wire"),
    [
        ("text", "x", "x"),
        ("text", "", ""),
        ("text", 5.0, "5"),
        ("text", 10**30, str(10**30)),
        ("area", "a\nb", "a\nb"),
        ("slider", 5, "5"),
        ("slider", 5.0, "5"),
        ("slider", "5", "5"),
        ("slider", 0.1 + 0.2, "0.30000000000000004"),
        ("slider", Decimal("0.3"), "0.3"),
        ("slider", Fraction(1, 2), "0.5"),
        ("slider", 10, "10"),
        ("slider", -0.0, "0"),
        ("bare", 1e21, "1e+21"),
        ("bare", 10**21, "1e+21"),
        ("bare", -7, "-7"),
        ("checkbox", True, True),
        ("checkbox", False, False),
        ("one", "EU", "EU"),
        ("one", 7, "7"),
        ("one", None, ""),
        ("one", "", ""),
        ("many", ["US", "EU"], ["US", "EU"]),
        ("many", ("EU",), ["EU"]),
        ("many", {"7", "US", "EU"}, ["EU", "US", "7"]),
        ("many", [], []),
        ("many", None, []),
        ("many", [7], ["7"]),
        ("old", "any", "any"),
        ("old", ["any"], ["any"]),
        ("date", DAY, FULL),
        ("date", "2026-01-31", FULL),
        ("date", FULL, FULL),
        ("date", None, ""),
        ("date", "", ""),
        ("date", dt.datetime(2026, 1, 31), FULL),  # noqa: DTZ001  (as above)
        ("date", dt.datetime(2026, 1, 31, 2, tzinfo=CEST), FULL),
        ("date", dt.date(33, 1, 2), "0033-01-02T00:00:00.000Z"),
        ("range", (DAY, DAY), ["2026-01-31", "2026-01-31"]),
        ("range", [None, DAY], ["", "2026-01-31"]),
        ("range", (DAY, ""), ["2026-01-31", ""]),
        ("range", ["2026-01-01", "2026-01-31"], ["2026-01-01", "2026-01-31"]),
        ("range", "past7days", "past7days"),
        ("range", "customDays30", "customDays30"),
        ("range", None, ["", ""]),
        ("file", "data/a.csv", "data/a.csv"),
        ("file", PurePosixPath("data/a.csv"), "data/a.csv"),
        ("file", None, ""),
        ("later", "#fff", "#fff"),
        ("later", 3.0, "3"),
        ("later", True, True),
        ("later", ["a"], ["a"]),
    ],
)
def test_what_each_kind_takes(name: str, value: Any, wire: Any) -> None:
    assert typed(DECLARED, {name: value}) == typed(DECLARED, {name: wire})
    found = typed(DECLARED, {name: value})
    assert (found.values, found.problems) == ({name: wire}, ())
    assert type(found.values[name]) is type(wire)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("text", True, "takes text, not True"),
        ("text", None, "takes text, not None"),
        ("text", DAY, "takes text, not"),
        ("slider", "5.0", "takes a number from 0 up to 10 in steps of 0.1, not '5.0': as text it is '5'"),
        ("slider", "1e1", "as text it is '10'"),
        ("slider", "x", "not 'x'"),
        ("slider", "nan", "not 'nan'"),
        ("slider", float("nan"), "not nan"),
        ("slider", float("inf"), "not inf"),
        ("slider", Decimal("sNaN"), "not Decimal"),
        ("slider", 11, "from 0 up to 10"),
        ("slider", -1, "from 0 up to 10"),
        ("slider", 0.25, "in steps of 0.1, not 0.25"),
        ("slider", True, "a number"),
        ("slider", None, "a number"),
        ("bare", 2**53 + 1, "more exact than a slider can be"),
        ("bare", 10**400, "more exact"),
        ("checkbox", 1, "takes True or False, not 1"),
        ("checkbox", "true", "not 'true'"),
        ("one", "XX", "takes one of 'EU', 'US', '7', not 'XX'"),
        ("one", ["EU"], "one of"),
        ("one", True, "one of"),
        ("many", "EU", "takes a list of 'EU', 'US', '7', not 'EU': give ['EU'] for one"),
        ("many", ["EU", "XX"], "'XX' is none of them"),
        ("many", b"EU", "a list of"),
        ("many", [None], "a list of"),
        ("date", "tomorrow", "takes a date, or text such as '2026-01-31', not 'tomorrow'"),
        ("date", 5, "takes a date"),
        ("date", NOON, "keeps no time of day"),
        ("date", "2026-02-31T00:00:00.000Z", "takes a date"),
        ("date", dt.datetime(2026, 1, 31, tzinfo=CEST), "which in UTC this has"),
        ("date", dt.datetime(1, 1, 1, tzinfo=CEST), "takes a date"),
        ("range", (DAY, dt.date(2026, 1, 1)), "the first is after the second"),
        ("range", ["2026-01-31", "2026-01-01"], "the first is after the second"),
        ("range", (DAY,), "two dates"),
        ("range", (NOON, NOON), "keeps no time of day"),
        ("range", "past8days", "'past7days'"),
        ("range", ["x", "y"], "two dates"),
        ("file", 5, "the path of a file"),
        ("later", None, "text, a boolean"),
        ("sliderr", 5, "is not declared by the notebook: did you mean 'slider'?"),
        (
            "zzz",
            5,
            "it declares 'text', 'area', 'slider', 'bare', 'checkbox', 'one', 'many', 'old', 'date', 'range' and 2 ",
        ),
    ],
)
def test_what_it_does_not_take_is_one_line_that_names_it(name: str, value: Any, reason: str) -> None:
    (problem,) = typed(DECLARED, {name: value}).problems
    assert problem.startswith(f"input {name!r} ")
    assert reason in problem
    assert "\n" not in problem


def test_every_problem_is_told_at_once() -> None:
    error = typed(DECLARED, {"slider": "5.0", "text": "fine", "one": "XX", "nme": "x"}).error("nb")
    first, *lines = str(error).splitlines()
    assert first == "3 inputs cannot be sent to notebook nb:"
    assert [line.split("'")[1] for line in lines] == ["slider", "one", "nme"]
    assert str(typed((), {"a": "x"}).error("nb")).endswith("it declares no inputs (notebook nb)")


def test_the_settings_of_a_block_resolve_a_doubt() -> None:
    asked = typed(DECLARED, {"date": NOON, "one": "new", "many": ["new"]})
    assert asked.doubtful == ("b-date", "b-one", "b-many")
    variable = {"deepnote_variable_select_type": "from-variable"}
    known = typed(
        DECLARED, {"date": NOON, "one": "new", "many": ["new"]}, {"b-date": {}, "b-one": variable, "b-many": variable}
    )
    assert known.values == {"date": "2026-01-31T12:00:00.250Z", "one": "new", "many": ["new"]}
    version_2 = typed(DECLARED, {"date": NOON}, {"b-date": {"deepnote_input_date_version": 2}})
    assert (len(version_2.problems), version_2.doubtful) == (1, ())


def test_blocks_of_one_name_have_to_take_the_value_all() -> None:
    both = (*DECLARED, NotebookInput(name="text", type="input-slider", min=0, max=10))
    assert typed(both, {"text": "5"}).values == {"text": "5"}
    assert "takes a number" in typed(both, {"text": "five"}).problems[0]
    dates = (NotebookInput(name="d", type="input-text"), NotebookInput(name="d", type="input-date"))
    assert "different kinds" in typed(dates, {"d": "2026-01-31"}).problems[0]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.decimals()
    | st.fractions()
    | st.timedeltas()
    | st.complex_numbers()
    | st.builds(object)
    | st.sampled_from(["5", "5.0", "EU", "past7days", "2026-01-31", FULL])
    | st.builds(lambda: 10**5000),
    lambda values: (
        st.lists(values) | st.tuples(values, values) | st.dictionaries(st.text(), values) | st.sets(st.text())
    ),
)


@given(st.sampled_from([declared.name for declared in DECLARED]), ANYTHING)
def test_any_value_gives_a_wire_value_or_one_clear_problem(name: str, value: Any) -> None:
    found = typed(DECLARED, {name: value})
    if found.problems:
        (problem,) = found.problems
        assert re.match(rf"input '{name}' takes .+, not .+", problem)
        assert "\n" not in problem
        assert found.values == {}
        return
    wire = found.values[name]
    assert isinstance(wire, str | bool) or all(isinstance(item, str) for item in wire)
    assert typed(DECLARED, {name: wire}, {"b-date": {}}).values == {name: wire}, "a wire value stays as it is"
