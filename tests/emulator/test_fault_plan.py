"""Which calls a plan's faults happen to, and which plans are refused."""

from __future__ import annotations

from typing import Any

import pytest

from deepnote_emulator import Fault, FaultStep
from deepnote_emulator.faults import FaultBook, FaultPlan
from deepnote_emulator.faults.model import given
from deepnote_emulator.faults.reading import read_plan

RESET = Fault("reset")
HANG: dict[str, Any] = {"operation": "getRun", "fault": {"kind": "hang"}}


def decisions(plan: FaultPlan, calls: str) -> list[int | None]:
    """Make calls of operations named by letters."""
    return [plan.decide(call) for call in calls]


@pytest.mark.parametrize(
    ("steps", "calls", "expected"),
    [
        ([FaultStep("a", RESET)], "aba", [0, None, None]),
        ([FaultStep("a", RESET, nth=2)], "abaa", [None, None, 0, None]),
        ([FaultStep("a", RESET, count=2)], "abaa", [0, None, 0, None]),
        ([FaultStep("a", RESET, nth=2, count=2)], "aaaa", [None, 0, 0, None]),
        ([FaultStep("*", RESET, nth=2)], "abc", [None, 0, None]),
        ([FaultStep("a", RESET), FaultStep("a", RESET, nth=2)], "aaa", [0, 1, None]),
        ([FaultStep("a", RESET), FaultStep("*", RESET, count=3)], "abab", [0, 1, 1, None]),
        ([FaultStep("a", RESET, probability=1)], "aba", [0, None, 0]),
        ([FaultStep("a", RESET, probability=1, count=2)], "aaa", [0, 0, None]),
        ([FaultStep("a", RESET, probability=0)], "aaa", [None, None, None]),
        ([], "a", [None]),
    ],
)
def test_a_call_meets_the_first_step_that_is_due(
    steps: list[FaultStep], calls: str, expected: list[int | None]
) -> None:
    assert decisions(FaultPlan(steps), calls) == expected


def test_a_step_that_another_one_forestalled_has_something_left() -> None:
    plan = FaultPlan([FaultStep("a", RESET), FaultStep("a", RESET), FaultStep("b", RESET, probability=1)])
    decisions(plan, "aab")
    told = [(step.matched, step.consumed, step.left) for step in plan.progress]
    assert told == [(2, 1, 0), (2, 0, 1), (1, 1, None)]


def test_a_seed_decides_by_the_order_of_calls_alone() -> None:
    rare = FaultStep("a", RESET, probability=0.5)
    first, again, other = (decisions(FaultPlan([rare], seed), "a" * 64) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert {0, None} == set(first)
    among_others = decisions(FaultPlan([rare], 7), "ab" * 64)
    assert among_others[::2] == first


def test_a_step_draws_alike_whatever_stands_before_it() -> None:
    rare = FaultStep("a", RESET, probability=0.5)
    forestalled = decisions(FaultPlan([FaultStep("b", RESET), rare], 7), "a" * 64)
    overruled = decisions(FaultPlan([FaultStep("a", RESET, nth=3), rare], 7), "a" * 64)
    assert overruled[2] == 0
    assert overruled[3:] == forestalled[3:]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kind": "x"}, "kind must be one of status, delay, "),
        ({"kind": "reset", "phase": "during"}, "phase must be one of before, after, not 'during'"),
        ({"kind": "status"}, "status is missing; a fault of kind status needs it"),
        ({"kind": "delay"}, "seconds is missing"),
        ({"kind": "drip"}, "seconds is missing"),
        ({"kind": "reset", "seconds": 1}, "seconds does not belong to a fault of kind reset"),
        ({"kind": "status", "status": 199}, "status must be a whole number from 200 to 999, not 199"),
        ({"kind": "status", "status": True}, "status must be a whole number"),
        ({"kind": "status", "status": "429"}, "status must be a whole number"),
        ({"kind": "status", "status": 429, "headers": ["a"]}, "headers must map names to strings"),
        ({"kind": "status", "status": 429, "headers": {"retry-after": 2}}, "headers.retry-after must be a string"),
        ({"kind": "status", "status": 429, "headers": {"a": "b\r\nc: d"}}, "headers.a must be a string of printable"),
        ({"kind": "status", "status": 429, "headers": {"a b": "c"}}, "headers has 'a b', which cannot be the name"),
        ({"kind": "status", "status": 429, "headers": {"Content-Length": "1"}}, "headers must not have Content-Length"),
        ({"kind": "status", "status": 429, "body": 5}, "body must be a string, an object or a list"),
        ({"kind": "status", "status": 429, "body": {"a": float("nan")}}, "body cannot be sent"),
        ({"kind": "delay", "seconds": -1}, "seconds must be a number from 0 to 86400, not -1"),
        ({"kind": "delay", "seconds": float("nan")}, "seconds must be a number"),
        ({"kind": "drip", "seconds": 0, "part": "tail"}, "part must be one of headers, body"),
        ({"kind": "gzip_bomb", "size": 0}, "size must be a whole number from 1 to 1000000000, not 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Fault(**options)
    with pytest.raises(ValueError, match=rf"steps\[1\]\.fault\.{says}"):
        read_plan({"steps": [HANG, {"operation": "getRun", "fault": options}]})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"nth": 0}, "nth must be a whole number from 1 on, not 0"),
        ({"count": 0}, "count must be a whole number from 1 on"),
        ({"probability": 1.5}, "probability must be a number from 0 to 1, not 1.5"),
        ({"nth": 1, "probability": 0.5}, "nth and probability exclude each other"),
        ({"operation": ""}, "operation must be a non-empty string"),
        ({"operation": 5}, "operation must be a non-empty string"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(options: dict[str, Any], says: str) -> None:
    fitting: dict[str, Any] = {"operation": "a", "fault": RESET}
    with pytest.raises(ValueError, match=says):
        FaultStep(**(fitting | options))
    with pytest.raises(ValueError, match=rf"steps\[0\]\.{says}"):
        read_plan({"steps": [HANG | options]})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "the plan must be an object"),
        ({}, "the plan lacks steps"),
        ({"steps": {}}, "steps must be a list"),
        ({"steps": [], "x": 1}, "the plan has an unknown field 'x'; there are seed, steps"),
        ({"steps": [], "seed": 1.5}, "seed must be a whole number, not 1.5"),
        ({"steps": [5]}, r"steps\[0\] must be an object, not 5"),
        ({"steps": [HANG, {"fault": {}}]}, r"steps\[1\] lacks operation"),
        ({"steps": [HANG | {"op": "x"}]}, r"steps\[0\] has an unknown field 'op'"),
        ({"steps": [HANG | {"nth": None}]}, r"steps\[0\]\.nth must not be null; leave it out"),
        ({"steps": [HANG | {"fault": "hang"}]}, r"steps\[0\]\.fault must be an object, not 'hang'"),
        ({"steps": [HANG | {"fault": {"phase": "after"}}]}, r"steps\[0\]\.fault lacks kind"),
        ({"steps": [HANG | {"fault": {"kind": "hang", "x": 1}}]}, r"steps\[0\]\.fault has an unknown field 'x'"),
    ],
)
def test_a_body_that_is_no_plan_is_refused(body: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_plan(body)


def test_a_plan_is_written_as_it_is_read() -> None:
    steps: list[dict[str, Any]] = [
        {"operation": "*", "fault": {"kind": "drip", "phase": "before", "seconds": 0, "part": "headers"}, "nth": 2},
        {
            "operation": "getRun",
            "fault": {"kind": "status", "phase": "after", "status": 302, "headers": {"location": "/x"}, "body": ["é"]},
            "probability": 0.25,
            "count": 3,
        },
    ]
    read, seed = read_plan({"seed": 7, "steps": steps})
    assert seed == 7
    assert [given(step) for step in read] == steps


def test_a_book_refuses_unknown_operations_and_breaking_a_stream_afterwards() -> None:
    book = FaultBook()
    book.operations, book.streamed = frozenset({"downloadFile"}), frozenset({"downloadFile"})
    book.set([FaultStep("downloadFile", RESET), FaultStep("*", Fault("reset", phase="after"))])
    with pytest.raises(ValueError, match=r"steps\[1\]\.operation 'x' is no operation of the emulator"):
        book.set([FaultStep("downloadFile", RESET), FaultStep("x", RESET)])
    with pytest.raises(ValueError, match=r"steps\[0\]\.fault\.phase must be before: downloadFile streams its answer"):
        book.set([FaultStep("downloadFile", Fault("reset", phase="after"))])
    assert len(book.steps) == 2
