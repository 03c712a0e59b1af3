"""Why a run failed, as far as the service and the snapshot tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import field, frozen

from deepnote_async.models import Run
from deepnote_async.runs.service import Contents
from deepnote_async.snapshot import Block, ExecutionFailure, Output, strip_ansi

TRACEBACK_LINES = 12
LONGEST_MESSAGE = 1000
LONGEST_LINE = 300
LONGEST_NAME = 100

_SEEN = 16
"""How much more than the longest text is looked at, since terminal colours take room and are not shown."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_KERNEL_LOST = re.compile(
    r"\bkernel\b.{0,40}\b(?:died|dead|gone|lost|killed|crashed)\b|dead ?kernel|\boom-?killed\b|\bsigkill\b"
    r"|\b(?:kernel|killed)\b.{0,40}\b(?:out of memory|oom)\b|\b(?:out of memory|oom)\b.{0,40}\b(?:kernel|killed)\b",
    re.IGNORECASE,
)
_KERNEL_NOT_LOST = re.compile(
    r"\b(?:not|never|cannot|failed to) (?:be )?start|\bkernel (?:is|was) (?:still )?alive\b|\bstill alive\b"
    r"|\bnothing (?:is|was|has been) lost\b|\bnot (?:been )?(?:die|died|dead|gone|lost|killed|crashed)\b",
    re.IGNORECASE,
)


@frozen(kw_only=True)
class Failure:
    """Where and why a run failed.

    Attributes:
        message: the reason in one line of at most about 1000 characters, such as "ValueError: bad region".
        block_id: the block that failed, or the last one that was reached before the kernel was lost; None if the reason
            is not tied to one.
        block_type: kind of that block.
        position: its place in the notebook, from 0.
        ename: class name of the exception.
        evalue: message of the exception, as long as it is.
        traceback: the last lines of its traceback, without terminal colours, or the last that an agent said.
        init_notebook: name of the notebook that the block stands in, if that is not the one that was started, but the
            project's init notebook, which runs before it.
        input_name: the input that the block sets, if it is an input block.
        is_kernel_lost: whether the reason reads as if the kernel had not survived.
    """

    message: str
    block_id: str | None = None
    block_type: str | None = None
    position: int | None = None
    ename: str | None = None
    evalue: str | None = field(default=None, repr=False)
    traceback: str = field(default="", repr=False)
    init_notebook: str | None = None
    input_name: str | None = None
    is_kernel_lost: bool = False

    def describe(self) -> str:
        """Say it in words for people: the block, the reason, and the tail of the traceback."""
        where = f"{self._where()}: " if self.block_id is not None else ""
        return f"{where}{self.message}" + (f"\n{self.traceback}" if self.traceback else "")

    def _where(self) -> str:
        place = f"{short(self.block_type or '')} block {self.position} ({short(self.block_id or '')})"
        if self.input_name is not None:
            place += f", which sets {short(self.input_name)!r}"
        if self.init_notebook is not None:
            place += f" of the init notebook {short(self.init_notebook)!r}, which runs first"
        return place


def diagnose(run: Run, contents: Contents) -> Failure | None:
    """Find the reason of a failed run: an exception, a failed agent block, or what document and service say."""
    if not run.status.is_failed:
        return None
    blocks = tuple(_placed(contents))
    raised = next(((notebook, block, block.error) for notebook, block in blocks if block.error is not None), None)
    if raised is not None:
        return _of_exception(*raised)
    failed = next(((notebook, block) for notebook, block in blocks if block.status == "failed"), None)
    if failed is not None:
        return _of_agent(*failed, run.error)
    execution = contents.snapshot.execution if contents.snapshot is not None else None
    return _of_whole(run.error, execution.error if execution is not None else None, blocks)


def one_line(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Give text as one line without terminal colours; of a long one the beginning, and how long it was."""
    line = " ".join(_printable(text[: longest * _SEEN]).split())
    if len(line) <= longest and len(text) <= longest * _SEEN:
        return line
    return f"{line[:longest]}… ({len(text)} characters)"


def short(name: str) -> str:
    """Give a name or an id for a message."""
    return one_line(name, LONGEST_NAME)


def _placed(contents: Contents) -> Iterator[tuple[str | None, Block]]:
    """Give each block with the name of the init notebook if it is of that one; those of the notebook itself first."""
    yield from ((None, block) for block in contents.blocks)
    init = contents.snapshot.init_notebook if contents.snapshot is not None else None
    yield from ((init.name if init is not None else "", block) for block in contents.init_blocks)


def _of_exception(notebook: str | None, block: Block, error: Output) -> Failure:
    traceback = traceback_tail(error.traceback)
    return Failure(
        message=_named(error.ename, error.evalue) or _last_line(traceback) or "an error without a name",
        block_id=block.id,
        block_type=block.type,
        position=block.position,
        ename=error.ename,
        evalue=error.evalue,
        traceback=traceback,
        init_notebook=notebook,
        input_name=block.variable_name if block.is_input else None,
    )


def _of_agent(notebook: str | None, block: Block, said: str | None) -> Failure:
    return Failure(
        message=one_line(said or "") or "the agent block failed",
        block_id=block.id,
        block_type=block.type,
        position=block.position,
        traceback=traceback_tail([output.text for output in block.outputs if output.output_type == "stream"]),
        init_notebook=notebook,
    )


def _of_whole(
    said: str | None, error: ExecutionFailure | None, blocks: Sequence[tuple[str | None, Block]]
) -> Failure | None:
    """Make the failure of a run none of whose blocks failed."""
    error = error or ExecutionFailure()
    named, traceback = _named(error.name, error.message), traceback_tail(error.traceback)
    message = one_line(said or "") or named or _last_line(traceback)
    if not message:
        return None
    is_lost = _tells_of_lost_kernel(f"{message} {named}")
    notebook, block = _last_reached(blocks) if is_lost else (None, None)
    return Failure(
        message=message,
        block_id=block.id if block is not None else None,
        block_type=block.type if block is not None else None,
        position=block.position if block is not None else None,
        ename=error.name,
        evalue=error.message if error.name else None,
        traceback=traceback,
        init_notebook=notebook,
        is_kernel_lost=is_lost,
    )


def _tells_of_lost_kernel(reason: str) -> bool:
    return _KERNEL_LOST.search(reason) is not None and _KERNEL_NOT_LOST.search(reason) is None


def _last_reached(blocks: Sequence[tuple[str | None, Block]]) -> tuple[str | None, Block | None]:
    """Give the block that was executed last: of the notebook itself if it was come to, else of the init notebook."""
    reached = [(notebook, block) for notebook, block in blocks if block.status != "not_reached"]
    of_itself = [placed for placed in reached if placed[0] is None]
    return (of_itself or reached)[-1] if reached else (None, None)


def _named(name: str | None, message: str | None) -> str:
    return ": ".join(part for part in (short(name or ""), one_line(message or "")) if part)


def _last_line(traceback: str) -> str:
    """Give the last line, which is where Python writes the exception, unless it says nothing."""
    return traceback.rpartition("\n")[2].strip(" :")


def traceback_tail(traceback: Sequence[str]) -> str:
    """Give the last lines; those that are nothing but a ruler, as IPython begins with, are left out."""
    lines = "\n".join(traceback).rstrip().rsplit("\n", TRACEBACK_LINES)[-TRACEBACK_LINES:]
    return "\n".join(line for line in map(_cut, lines) if not line or line.strip("-")).rstrip()


def _cut(line: str) -> str:
    shown = _printable(line[: LONGEST_LINE * _SEEN])
    return shown if len(shown) <= LONGEST_LINE else f"{shown[:LONGEST_LINE]}…"


def _printable(text: str) -> str:
    """Take out what a terminal would obey, and what cannot be written: a lone surrogate."""
    return _CONTROLS.sub("", strip_ansi(text)).encode("utf-8", "replace").decode()
