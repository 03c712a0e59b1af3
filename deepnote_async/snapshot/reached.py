"""Which blocks an execution reached, where the document has neither counts nor times, and in which one it broke off."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from deepnote_async.snapshot.document import Block


def with_reach(
    blocks: Sequence[Block], init_blocks: Sequence[Block] = (), *, has_succeeded: bool, executed: int | None
) -> tuple[Block, ...]:
    """Give the blocks of the notebook that ran, each with whether it was reached.

    Blocks are executed in order up to the first that fails. So without any mark, those up to the one that failed were
    reached; all of them, if the run succeeded and the document does not count fewer; else those up to the last output.

    Args:
        blocks: the blocks in document order.
        init_blocks: those of the notebook that ran before it; the document counts them too.
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
    elif _reached_all((*init_blocks, *blocks), has_succeeded=has_succeeded, executed=executed):
        last = len(blocks)
    else:
        last = left_something[-1] if left_something else -1
    return tuple(evolve(block, reached=block.is_executable and n <= last) for n, block in enumerate(blocks))


def _reached_all(blocks: Sequence[Block], *, has_succeeded: bool, executed: int | None) -> bool:
    """Whether all blocks were executed; nothing tells whether the count of the document has the inputs in it."""
    if executed is None:
        return has_succeeded
    runnable = [block for block in blocks if block.is_executable]
    if not has_succeeded:
        return executed == len(runnable)
    return executed >= len(runnable) or executed == sum(not block.is_input for block in runnable)


def with_break(blocks: Sequence[Block], lost_in: int | None) -> tuple[Block, ...]:
    """Give the blocks of a run that failed, with the one that never came to its end as failed.

    It is the one that the kernel was lost in, or the last that was reached if the document says that it began only.

    Args:
        blocks: the blocks in document order, each with whether it was reached.
        lost_in: place of the block that the kernel was lost in; None if it was not lost, or nothing tells where.
    """
    last = next((block for block in reversed(blocks) if block.status != "not_reached"), None)
    broken = last.position if last is not None and last.is_unfinished else lost_in
    return tuple(evolve(block, broken_off=True) if block.position == broken else block for block in blocks)
