"""The command: what it prints, how it stops, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deepnote_emulator import Listing, Lognormal, ParallelLimit, RateLimit, SimulatedEngine
from deepnote_emulator.cli import _emulator, _parser
from deepnote_emulator.execution import Plan, Step
from tests.support.processes import kernels_of


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the command; gives the process, the address and the token it announced."""
    process = subprocess.Popen(
        [sys.executable, "-m", "deepnote_emulator", "serve", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        url = re.fullmatch(r"export DEEPNOTE_API_URL=(\S+)\n", lines[1])
        token = re.fullmatch(r"export DEEPNOTE_TOKEN=(\S+)\n", lines[2])
        assert url
        assert token
        yield process, url[1], token[1]
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def refusal(*arguments: str) -> str:
    """Run the command where it must refuse; gives what it says."""
    command = [sys.executable, "-m", "deepnote_emulator", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_cleanly(notebooks: Path, number: signal.Signals) -> None:
    with serving("--notebooks", str(notebooks), "--token", "a-token") as (process, url, token):
        assert token == "a-token"
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers) as http:
            assert http.get("/v2/me").status_code == 200
            slow = next(
                notebook["id"]
                for project in http.get("/v2/projects").json()["projects"]
                for notebook in project["notebooks"]
                if notebook["name"] == "slow"
            )
            run_id = http.post("/v2/runs", json={"notebookId": slow}).json()["runId"]
            while http.get(f"/v2/runs/{run_id}").json()["run"]["status"] == "pending":
                pass
        kernels = kernels_of(process.pid)
        os.kill(process.pid, number)
        assert process.wait(timeout=60) == 0
        assert process.stdout is not None
        assert process.stdout.read().endswith("deepnote-emulator: stopped\n")
        for kernel in kernels:
            kernel.wait(timeout=60)


def test_a_token_is_made_when_none_is_given(notebooks: Path) -> None:
    with serving("--notebooks", str(notebooks)) as (_, url, token):
        assert len(token) >= 32
        assert httpx.get(f"{url}/v2/me", headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_it_serves_simulated_runs(notebooks: Path) -> None:
    with serving("--notebooks", str(notebooks), "--engine", "simulated") as (process, url, token):
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as http:
            notebook_id = http.get("/v2/projects").json()["projects"][0]["notebooks"][0]["id"]
            assert http.post("/v2/runs", json={"notebookId": notebook_id}).status_code == 202
            assert http.get("/_emulator/faults").json()["calls"] == {"listProjects": 1, "createRun": 1}
        assert kernels_of(process.pid) == []


def test_simulated_runs_and_limits_have_options(notebooks: Path) -> None:
    simulated = "--engine simulated --median 3600 --sigma 0.5 --error 0.25 --seed 3"
    rules = "--rate-limit 10 --max-parallel-runs 5 --list-order oldest"
    options = _parser().parse_args(["serve", "--notebooks", str(notebooks), *simulated.split(), *rules.split()])
    emulator = _emulator(options)
    meant = SimulatedEngine(duration=Lognormal(median=3600, sigma=0.5), error=0.25, seed=3)
    assert isinstance(emulator._engine, SimulatedEngine)
    plan = Plan(steps=(Step(block_id="b", code="x"),))
    fates = [[engine.foretell(plan, "n", number) for number in range(20)] for engine in (emulator._engine, meant)]
    assert fates[0] == fates[1]
    assert (emulator.rate_limit, emulator.parallel_limit) == (RateLimit(10), ParallelLimit(5))
    assert emulator.listing == Listing("oldest")
    plain = _emulator(_parser().parse_args(["serve", "--notebooks", str(notebooks)]))
    assert (plain._engine, plain.rate_limit, plain.parallel_limit) == ("kernel", None, None)
    assert plain.listing == Listing()


def test_kernels_have_options(notebooks: Path) -> None:
    given = ["--max-kernels", "2", "--no-warm", "--output-limit", "1000"]
    emulator = _emulator(_parser().parse_args(["serve", "--notebooks", str(notebooks), *given]))
    assert (emulator._max_kernels, emulator._warm, emulator._output_limit) == (2, False, 1000)
    plain = _emulator(_parser().parse_args(["serve", "--notebooks", str(notebooks)]))
    assert (plain._max_kernels, plain._warm, plain._output_limit) == (4, True, 10 << 20)


def test_the_command_holds_clients_to_a_limit(notebooks: Path) -> None:
    arguments = ["--engine", "simulated", "--median", "3600", "--max-parallel-runs", "1"]
    with (
        serving("--notebooks", str(notebooks), *arguments) as (_, url, token),
        httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as http,
    ):
        notebook_id = http.get("/v2/projects").json()["projects"][0]["notebooks"][0]["id"]
        started = [http.post("/v2/runs", json={"notebookId": notebook_id}).status_code for _ in range(2)]
    assert started == [202, 409]


def test_a_port_in_use_is_named(notebooks: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal("--notebooks", str(notebooks), "--port", str(port))
    assert (
        said
        == f"deepnote-emulator: port {port} on 127.0.0.1 is already in use; choose another one, or 0 for any free one\n"
    )


def test_a_broken_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text("{")
    assert re.search(
        r"broken\.ipynb: not JSON, as an \.ipynb must be: .* line 1 column 2", refusal("--notebooks", str(tmp_path))
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--notebooks", "no/such/folder"], "no/such/folder: there is no such folder"),
        (["--notebooks", ".", "--port", "70000"], "port must lie between 0 and 65535"),
        (["--notebooks", ".", "--max-kernels", "0"], "max_kernels must be at least 1"),
        (["--notebooks", ".", "--output-limit", "0"], "output_limit must be a whole number from 1 on, not 0"),
        (["--notebooks", ".", "--token", "two words"], "token must be printable ASCII"),
        (["--notebooks", ".", "--token", "line\nbreak"], "token must be printable ASCII"),
        (["--notebooks", ".", "--engine", "x"], "--engine"),
        (["--notebooks", ".", "--median", "5"], "--median is for --engine simulated"),
        (["--notebooks", ".", "--engine", "simulated", "--sigma", "1"], "--sigma is for --median"),
        (["--notebooks", ".", "--rate-limit", "0"], "per_second must be a finite number above 0, not 0"),
        ([], "--notebooks"),
        (["--notebooks", ".", "--port", "x"], "--port"),
    ],
)
def test_bad_arguments_are_named(arguments: list[str], says: str) -> None:
    said = refusal(*arguments)
    assert says in said
    assert "two words" not in said
    assert "line\nbreak" not in said


def test_without_the_extra_it_names_the_pip_line(notebooks: Path) -> None:
    script = (
        "import sys\nsys.modules['jupyter_client'] = sys.modules['ipykernel'] = None\n"
        f"from deepnote_emulator.cli import main\nsys.exit(main(['serve', '--notebooks', {str(notebooks)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'deepnote-async[emulator]'" in done.stderr
    assert json.dumps(done.stdout) == '""'
