"""Which blocks an execution reached, where the document has neither counts nor times, as some do not."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from deepnote_async.snapshot.document import Block


def with_reach(blocks: Sequence[Block], *, has_succeeded: bool, executed: int | None) -> tuple[Block, ...]:
    """Give the blocks of the notebook that ran, each with whether it was reached.

    Blocks are executed in order up to the first that fails. So without any mark, those up to the one that failed were
    reached; all of them, if the run succeeded and the document does not count fewer; else those up to the last output.

    Args:
        blocks: the blocks in document order.
        has_succeeded: whether the run ended well.
        executed: how many blocks were executed, as the document counts them.
    """
    if any(block.is_marked for block in blocks):
        return tuple(blocks)
    runnable = [number for number, block in enumerate(blocks) if block.is_executable]
    failed = next((number for number in runnable if blocks[number].status == "failed"), None)
    left_something = [number for number in runnable if blocks[number].outputs]
    if failed is not None:
        last = failed
    elif executed == len(runnable) or (has_succeeded and executed is None):
        last = len(blocks)
    else:
        last = left_something[-1] if left_something else -1
    return tuple(evolve(block, reached=block.is_executable and n <= last) for n, block in enumerate(blocks))
