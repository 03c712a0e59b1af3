"""Virtual time for tests. It stands with the benchmarks, which pass hours in it as well."""

from benchmarks.virtual_time import VirtualLoop, run_virtually

__all__ = ["VirtualLoop", "run_virtually"]
