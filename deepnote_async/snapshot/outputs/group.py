"""Outputs with the block that left them."""

from __future__ import annotations

from attrs import field, frozen

from deepnote_async.snapshot.outputs.output import Output


@frozen(kw_only=True)
class OutputGroup:
    """The outputs of one block, or of code that stands in none.

    Attributes:
        outputs: what it left, in order.
        block_id: id of the block; None for code that stands in none, as that of a session.
        position: place of the block in the notebook, from 0; None without a block.
    """

    outputs: tuple[Output, ...] = field(repr=False)
    block_id: str | None = None
    position: int | None = None

    def where(self, number: int) -> str:
        """Name an output to people.

        Example:
            >>> OutputGroup(outputs=(), block_id="5f1c").where(0)
            "output 1 of block '5f1c'"
        """
        return f"output {number + 1}" + ("" if self.block_id is None else f" of block {self.block_id!r}")
