"""What docs/emulator.md shows of simulated runs, limits and lists is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from deepnote_emulator import Emulator, Listing, ParallelLimit, RateLimit, SimulatedEngine
from deepnote_emulator.cli import _engine, _parser
from deepnote_emulator.execution import Plan, Step

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "emulator.md").read_text(encoding="utf-8")


def run_example(title: str, notebooks: Path, work: Any) -> dict[str, Any]:
    """Run the Python of a section, with work in the place of its dots; gives the names it left."""
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## )", PAGE, flags=re.DOTALL | re.MULTILINE)
    (block,) = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    block = block.replace('"notebooks"', repr(str(notebooks))).replace("    ...  #", "    work(emulator)  #")
    names: dict[str, Any] = {"work": work}
    exec(compile(block, "docs/emulator.md", "exec"), names)  # noqa: S102  (that is the test)
    return names


def http_of(emulator: Emulator) -> httpx.Client:
    return httpx.Client(base_url=emulator.url, headers={"authorization": f"Bearer {emulator.token}"})


def test_simulated_runs(notebooks: Path) -> None:
    started: list[int] = []

    def work(emulator: Emulator) -> None:
        with http_of(emulator) as http:
            body = {"notebookId": emulator.notebook_id("score.deepnote"), "inputs": {"n": "3"}}
            started.extend(http.post("/v2/runs", json=body).status_code for _ in range(3))

    names = run_example("Simulated runs", notebooks, work)
    assert started == [202] * 3
    engine = names["engine"]
    written = re.findall(r"On the command line that is `(.+?)`", PAGE)[0]
    options = _parser().parse_args(["serve", "--notebooks", ".", "--engine", "simulated", *written.split()])
    same = _engine(options)
    assert isinstance(same, SimulatedEngine)
    plan = Plan(steps=(Step(block_id="b", code="x"),))
    for number in range(20):
        assert same.foretell(plan, "n", number).seconds == engine.foretell(plan, "n", number).seconds


def test_what_is_left_of_sessions(notebooks: Path) -> None:
    seen: list[Any] = []

    def work(emulator: Emulator) -> None:
        with http_of(emulator) as http:
            body = {"notebookId": emulator.notebook_id("score.deepnote")}
            session_id = http.post("/v2/sessions", json=body).json()["session"]["id"]
            seen.append((emulator.sessions, emulator.kernels))
            assert http.delete(f"/v2/sessions/{session_id}").status_code == 204
        assert seen == [((session_id,), 1)]

    run_example("How a session goes", notebooks, work)
    assert seen


def test_limits(notebooks: Path) -> None:
    seen: list[Any] = []

    def work(emulator: Emulator) -> None:
        seen.extend((emulator.rate_limit, emulator.parallel_limit))

    names = run_example("Limits", notebooks, work)
    assert seen == [RateLimit(10, burst=20, scope="reads"), ParallelLimit(5, status=429, message="Too many runs")]
    assert (names["emulator"].rate_limit, names["emulator"].parallel_limit) == (None, None)


def test_the_order_of_the_run_list(notebooks: Path) -> None:
    names = run_example("The order of the run list", notebooks, None)
    assert names["emulator"].listing == Listing("shuffled", seed=3, repeats="rows", created_at=False)


def test_the_options_of_the_page_are_those_of_the_command() -> None:
    helped = _parser().parse_args(["serve", "--notebooks", "."])
    shown = {name.removeprefix("no-").replace("-", "_") for name in re.findall(r"(?<!-)--([a-z][a-z-]+)", PAGE)}
    assert shown <= set(vars(helped))
    assert {"max_kernels", "warm", "output_limit"} <= shown
    assert {"median", "sigma", "error", "seed", "rate_limit", "max_parallel_runs", "list_order"} <= shown
