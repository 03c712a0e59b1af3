"""A failed run says what a person needs: each kind of failure with the whole of its message.

Here a kernel brings it about; test_failure_words.py has what only a service can say.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from deepnote_async import AsyncDeepnote, BadRequestError, RunFailedError
from deepnote_emulator import Emulator, SimulatedEngine
from tests.support.deepnote_files import code, declared, write_project

BEGUN = "begun"
"""A file that the code makes that is to be interrupted: before, the signal may find the kernel at something else."""
FIRST, NEVER = code("print('first')"), code("print('never')")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Serve a notebook for each way to fail."""
    folder = tmp_path_factory.mktemp("failing")
    check = "def check(region):\n    raise ValueError(f'bad region {region}')\n\ncheck('EU')"
    refuse = "if region not in ('EU', 'US'):\n    raise ValueError(f'region must be EU or US, not {region!r}')"
    nameless = "class Odd(Exception): pass\nOdd.__name__ = ''\nraise Odd()"
    write_project(folder, "raises", FIRST, code(check), NEVER)
    write_project(folder, "init", NEVER, init=(FIRST, code("raise RuntimeError('no licence')")))
    write_project(folder, "syntax", FIRST, code("def (:"), NEVER)
    write_project(folder, "dies", FIRST, code("import os\nos._exit(3)"), NEVER)
    write_project(folder, "init-dies", NEVER, init=(FIRST, code("import os\nos._exit(3)")))
    write_project(folder, "picky", declared("text", "region", "EU"), code(refuse), NEVER)
    write_project(folder, "dated", declared("date", "day", "2026-01-31T00:00:00.000Z"), NEVER)
    write_project(folder, "agent", FIRST, {"type": "agent", "content": "sum it up"}, NEVER)
    sleep = f"import pathlib, time\npathlib.Path({str(folder / BEGUN)!r}).touch()\ntime.sleep(600)"
    write_project(folder, "long", FIRST, code(sleep), NEVER)
    write_project(folder, "nameless", code(nameless))
    write_project(folder, "coloured", code("raise ValueError('\\x1b[31mred\\x1b[0m\\nand a bell\\x07')"))
    write_project(folder, "huge", code("raise ValueError('x' * 100_000)"))
    with Emulator(folder) as emulator:
        yield emulator


@pytest.fixture
async def client(failing: Emulator) -> AsyncIterator[AsyncDeepnote]:
    async with AsyncDeepnote(failing.token, failing.url) as client:
        yield client


async def message_of(client: AsyncDeepnote, notebook_id: str, **inputs: Any) -> str:
    """Run a notebook; gives the message of its failure, with ID for the run's id."""
    with pytest.raises(RunFailedError) as caught:
        await client.runs.run(notebook_id, inputs=inputs, timeout=60, check_inputs=False)
    assert "never" not in caught.value.result.text
    assert caught.value.run_id is not None
    return str(caught.value).replace(caught.value.run_id, "ID")


async def test_an_exception_in_a_block(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "raises")
        == """\
Run ID ended as error: code block 1 (raises-1): ValueError: bad region EU
ValueError                                Traceback (most recent call last)
Cell In[2], line 4
      1 def check(region):
      2     raise ValueError(f'bad region {region}')
      3 \n\
----> 4 check('EU')

Cell In[2], line 2, in check(region)
      1 def check(region):
----> 2     raise ValueError(f'bad region {region}')

ValueError: bad region EU"""
    )


async def test_an_exception_in_the_init_notebook(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "init")
        == """\
Run ID ended as error: code block 1 (init-init-1) of the init notebook 'Init', which runs first: \
RuntimeError: no licence
RuntimeError                              Traceback (most recent call last)
Cell In[2], line 1
----> 1 raise RuntimeError('no licence')

RuntimeError: no licence"""
    )


async def test_a_syntax_error(client: AsyncDeepnote) -> None:
    assert (
        re.sub(r"\d+\.py", "N.py", await message_of(client, "syntax"))
        == """\
Run ID ended as error: code block 1 (syntax-1): SyntaxError: invalid syntax (N.py, line 1)
  Cell In[2], line 1
    def (:
        ^
SyntaxError: invalid syntax"""
    )


async def test_the_death_of_the_kernel(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "dies")
        == """\
Run ID ended as error: code block 1 (dies-1): the kernel died while it ran block dies-1 (exit code 3)
It had reached 2 of its 3 blocks that can be executed.
The kernel was lost: it may have run out of memory, or native code in it may have crashed."""
    )


async def test_the_death_of_the_kernel_in_the_init_notebook(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "init-dies")
        == """\
Run ID ended as error: code block 1 (init-dies-init-1) of the init notebook 'Init', which runs first: \
the kernel died while it ran block init-dies-init-1 (exit code 3)
The kernel was lost: it may have run out of memory, or native code in it may have crashed."""
    )


async def test_an_input_that_the_code_refuses(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "picky", region="XX")
        == """\
Run ID ended as error: code block 1 (picky-1): ValueError: region must be EU or US, not 'XX'
ValueError                                Traceback (most recent call last)
Cell In[2], line 2
      1 if region not in ('EU', 'US'):
----> 2     raise ValueError(f'region must be EU or US, not {region!r}')

ValueError: region must be EU or US, not 'XX'"""
    )


async def test_an_input_that_its_block_cannot_read(client: AsyncDeepnote) -> None:
    first, *_traceback, reason, advice = (await message_of(client, "dated", day="31.2.2026")).splitlines()
    expected = "ValueError: time data '31.2.2026' does not match format '%Y-%m-%dT%H:%M:%S.%fZ'"
    assert first == f"Run ID ended as error: input-date block 0 (dated-0), which sets 'day': {expected}"
    assert reason == expected
    assert advice == "Look at the value that the run was started with for 'day'."


async def test_an_input_that_is_refused_at_the_start_starts_nothing(client: AsyncDeepnote, failing: Emulator) -> None:
    before = failing.calls["createRun"]
    with pytest.raises(BadRequestError) as refused:
        await client.runs.run("picky", inputs={"region": True}, check_inputs=False)
    assert str(refused.value) == '400 Bad Request: Input "region" takes a string (POST /v2/runs)'
    with pytest.raises(ValueError, match="takes text") as checked:
        await client.runs.run("picky", inputs={"region": ["EU"]})
    assert str(checked.value) == "input 'region' takes text, not ['EU'] (notebook picky)"
    assert failing.calls["createRun"] - before == 1


async def test_a_block_that_cannot_be_executed(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "agent")
        == """\
Run ID ended as error: agent block 1 (agent-1): EmulatorUnsupported: the emulator does not execute agent blocks
EmulatorUnsupported: the emulator does not execute agent blocks"""
    )


async def test_an_interrupt(client: AsyncDeepnote, failing: Emulator) -> None:
    (notebook,) = (notebook for notebook in failing.notebooks if notebook.id == "long")
    assert notebook.path is not None
    session = await client.sessions.create(notebook.id)
    with anyio.fail_after(60):
        while not notebook.path.with_name(BEGUN).exists():
            await anyio.sleep(0.02)
    await session.interrupt()
    assert session.initial_run is not None
    with pytest.raises(RunFailedError) as caught:
        await session.initial_run.result(timeout=60)
    await session.stop()
    first, *traceback, reason, progress, advice = str(caught.value).replace(session.initial_run.id, "ID").splitlines()
    assert first == "Run ID ended as stopped: code block 1 (long-1): KeyboardInterrupt"
    assert any(line.startswith("---->") for line in traceback)  # where in the block it was, is luck
    assert reason == "KeyboardInterrupt:"
    assert progress == "It had reached 2 of its 3 blocks that can be executed."
    assert advice == "It was interrupted by somebody, or by a call of the API."


async def test_an_exception_without_name_and_message(client: AsyncDeepnote) -> None:
    first, *_rest = (await message_of(client, "nameless")).splitlines()
    assert first == "Run ID ended as error: code block 0 (nameless-0): an error without a name"


async def test_colours_and_other_orders_to_the_terminal_are_left_out(client: AsyncDeepnote) -> None:
    message = await message_of(client, "coloured")
    assert message.splitlines()[0] == "Run ID ended as error: code block 0 (coloured-0): ValueError: red and a bell"
    assert "\x1b" not in message
    assert "\x07" not in message


async def test_a_message_of_a_hundred_thousand_characters(client: AsyncDeepnote) -> None:
    assert (
        await message_of(client, "huge")
        == f"""\
Run ID ended as error: code block 0 (huge-0): ValueError: {"x" * 1000}… (100000 characters)
ValueError                                Traceback (most recent call last)
Cell In[1], line 1
----> 1 raise ValueError('x' * 100_000)

ValueError: {"x" * 288}…"""
    )


@pytest.mark.parametrize("status", ["internal_error", "stopped"])
async def test_a_run_that_the_platform_ends(tmp_path: Path, status: str) -> None:
    write_project(tmp_path, "plain", FIRST)
    engine = SimulatedEngine(**{status: 1})  # type: ignore[arg-type]
    async with Emulator(tmp_path, engine=engine) as emulator, AsyncDeepnote(emulator.token, emulator.url) as client:
        message = await message_of(client, "plain")
    assert (
        message
        == {
            "internal_error": """\
Run ID ended as internal_error: simulated: the machine of this run was lost
It had reached none of its 1 blocks that can be executed.
The platform failed, not the notebook; starting it again may help.""",
            "stopped": """\
Run ID ended as stopped: code block 0 (plain-0): KeyboardInterrupt: the simulated block was interrupted
KeyboardInterrupt: the simulated block was interrupted
It had reached 1 of its 1 blocks that can be executed.
It was interrupted by somebody, or by a call of the API.""",
        }[status]
    )
