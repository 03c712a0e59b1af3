"""What a client remembers of its own starts, and that it does not grow without end."""

from __future__ import annotations

import pytest

from deepnote_async.runs import registry
from deepnote_async.runs.registry import StartRegistry
from deepnote_async.runs.runkey import Evidence


async def test_a_start_is_alone_only_while_no_other_is_in_flight() -> None:
    starts = StartRegistry()
    with starts.start("nb") as first, starts.start("another notebook"):
        seen = [first.is_alone]
        with starts.start("nb") as second:
            seen += [first.is_alone, second.is_alone]
        seen.append(first.is_alone)
    assert seen == [True, False, False, False]
    with starts.start("nb") as third:
        assert third.is_alone


async def test_a_start_that_raises_is_no_longer_in_flight() -> None:
    starts = StartRegistry()
    with pytest.raises(ValueError, match="no"), starts.start("nb"):
        raise ValueError("no")
    with starts.start("nb") as ticket:
        assert ticket.is_alone


async def test_runs_are_older_if_they_were_owned_before_the_start() -> None:
    starts = StartRegistry()
    with starts.start("nb") as first:
        first.claim("a")
    with starts.start("nb") as second:
        assert second.knows_older
        with starts.start("nb") as third:
            third.claim("b")
        assert (second.is_older("a"), second.is_older("b"), second.is_owned("b")) == (True, False, True)
        assert (second.older, second.owned) == (("a",), ("b", "a"))
    assert starts.is_owned("nb", "a")
    assert not starts.is_owned("another notebook", "a")


async def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_OWNED", 3)
    monkeypatch.setattr(registry, "MAX_NOTEBOOKS", 2)
    starts = StartRegistry()
    with starts.start("busy") as busy:
        for number in range(5):
            busy.claim(str(number))
            busy.remember(str(number), "key", Evidence())
        assert busy.owned == ("4", "3", "2")
        assert [busy.evidence(str(number), "key") is None for number in range(5)] == [True, True, False, False, False]
        for name in ("x", "y", "z"):
            with starts.start(name) as ticket:
                ticket.claim("run")
        assert [starts.is_owned(name, "run") for name in ("x", "y", "z")] == [False, False, True]
        assert starts.is_owned("busy", "4")  # a notebook with a start in flight is not forgotten
