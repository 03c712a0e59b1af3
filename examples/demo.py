"""The main job in one file: fan runs with different inputs over a notebook, and learn why another one failed.

It talks to the local emulator, which executes the notebooks on real Jupyter kernels. Against Deepnote's cloud only the
first `async with` goes away.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from deepnote_async import AsyncDeepnote, RunFailedError
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
        async with client.runs.map(score.id, INPUTS, concurrency=3, timeout=TIMEOUT) as outcomes:
            async for outcome in outcomes:
                result = outcome.unwrap()
                seconds = f"{result.duration or 0.0:.1f} s"
                print(f"  run {outcome.index + 1}  {result.status}  after {seconds}  {outcome.inputs}")
                print(f"         printed: {result.text.splitlines()[0]}", flush=True)

        print("\nRunning a notebook that fails:")
        try:
            await client.runs.run(emulator.notebook_id("fails.ipynb"), timeout=TIMEOUT)
        except RunFailedError as error:
            print("  " + str(error).replace("\n", "\n  "))
        else:
            sys.exit("The failing notebook did not fail.")
    print("\nThe emulator and its kernels are gone.")


if __name__ == "__main__":
    anyio.run(main)
