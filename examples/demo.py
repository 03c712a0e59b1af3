"""The main job in one file: fan runs with different inputs over a notebook, and learn why another one failed.

It talks to the local emulator, which executes the notebooks on real Jupyter kernels. Against Deepnote's cloud only the
first `async with` goes away.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from deepnote_async import AsyncDeepnote, RunFailedError, RunHandle
from deepnote_emulator import Emulator

NOTEBOOKS = Path(__file__).parent / "notebooks"
INPUTS: list[dict[str, str | int]] = [{"region": "EU", "n": 3}, {"region": "US", "n": 4}, {"region": "APAC", "n": 2}]
TIMEOUT = 120.0


async def main() -> None:
    """Run the demo."""
    print(f"Starting the emulator on the notebooks of {NOTEBOOKS.name}/ ...", flush=True)
    async with (
        Emulator(notebooks=NOTEBOOKS) as emulator,
        AsyncDeepnote(token=emulator.token, base_url=emulator.url) as client,
    ):
        print(f"It serves the Deepnote API at {emulator.url}; {(await client.me.get()).access_level} access.")
        score = await client.notebooks.get(emulator.notebook_id("score.deepnote"))
        print(f"Notebook {score.name!r} declares the inputs {', '.join(declared.name for declared in score.inputs)}.\n")

        print(f"Fanning {len(INPUTS)} runs over it:")
        async with anyio.create_task_group() as group:
            for number, inputs in enumerate(INPUTS, start=1):
                handle = await client.runs.create(score.id, inputs=inputs)
                print(f"  run {number}  {handle.status}  {inputs}")
                group.start_soon(finish, number, handle)

        print("\nRunning a notebook that fails:")
        try:
            await client.runs.run(emulator.notebook_id("fails.ipynb"), timeout=TIMEOUT)
        except RunFailedError as error:
            print("  " + str(error).replace("\n", "\n  "))
        else:
            sys.exit("The failing notebook did not fail.")
    print("\nThe emulator and its kernels are gone.")


async def finish(number: int, handle: RunHandle) -> None:
    """Wait for a run and print what it produced."""
    final = await handle.wait(timeout=TIMEOUT)
    print(f"  run {number}  {final.status}  after {final.duration or 0.0:.1f} s", flush=True)
    result = await handle.result()
    print(f"  run {number}  printed: {result.text.splitlines()[0]}", flush=True)


if __name__ == "__main__":
    anyio.run(main)
