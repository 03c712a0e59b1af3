"""The choice of what runs notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from deepnote_emulator.errors import EmulatorError
from deepnote_emulator.execution import Engine
from deepnote_emulator.execution.simulated import SimulatedEngine, Simulation

EngineName = Literal["kernel", "simulated"]


def check_engine(engine: EngineName | SimulatedEngine) -> None:
    """Refuse what is no engine with ValueError."""
    if not isinstance(engine, SimulatedEngine) and engine not in get_args(EngineName):
        raise ValueError(f"engine must be one of {', '.join(get_args(EngineName))}, not {engine!r}")


def engine_maker(engine: EngineName | SimulatedEngine) -> Callable[[int], Engine]:
    """Give what makes the engine from the number of kernels that may live.

    Raises:
        EmulatorError: the extra for real kernels is not installed.
    """
    if engine == "kernel":
        return _kernel_engine()
    simulated = engine if isinstance(engine, SimulatedEngine) else SimulatedEngine()
    return lambda _max_kernels: Simulation(simulated)


def _kernel_engine() -> Callable[[int], Engine]:
    try:
        import ipykernel  # noqa: F401, PLC0415  (only to know that the kernel could start)

        from deepnote_emulator.execution.kernel import KernelEngine  # noqa: PLC0415
    except ImportError as error:
        raise EmulatorError(
            f"running notebooks needs the emulator extra: pip install 'deepnote-async[emulator]' ({error})"
        ) from error
    return KernelEngine
