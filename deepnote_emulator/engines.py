"""The choice of what runs notebooks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, get_args

from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.execution import Engine
from deepnote_emulator.execution.simulated import SimulatedEngine, Simulation
from deepnote_emulator.keeper import Keeper

EngineName = Literal["kernel", "simulated"]


def check_engine(engine: EngineName | SimulatedEngine) -> None:
    """Refuse what is no engine with ValueError."""
    if not isinstance(engine, SimulatedEngine) and engine not in get_args(EngineName):
        raise ValueError(f"engine must be one of {', '.join(get_args(EngineName))}, not {engine!r}")


def engine_maker(
    engine: EngineName | SimulatedEngine, *, max_kernels: int, warm: bool, output_limit: int
) -> Callable[[Keeper], Engine]:
    """Give what makes the engine; nothing but real kernels cares for the numbers.

    Raises:
        EmulatorError: the extra for real kernels is not installed.
    """
    if engine != "kernel":
        simulated = engine if isinstance(engine, SimulatedEngine) else SimulatedEngine()
        return lambda _keeper: Simulation(simulated)
    try:
        import ipykernel  # noqa: F401, PLC0415  (only to know that the kernel could start)

        from deepnote_emulator.execution.kernel import KernelEngine  # noqa: PLC0415
    except ImportError as error:
        raise EmulatorError(
            f"running notebooks needs the emulator extra: pip install 'deepnote-async[emulator]' ({error})"
        ) from error
    return functools.partial(KernelEngine, max_kernels=max_kernels, warm=warm, output_limit=output_limit)
