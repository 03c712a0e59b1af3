"""The inputs of a run, typed by what the notebook declares; everything that is wrong with them is told at once."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import field, frozen

from deepnote_async.inputs.kinds import Refusal, read_value
from deepnote_async.inputs.wire import WireValue, check_names
from deepnote_async.models import JsonObject, NotebookInput

MOST_NAMES: Final = 10
"""So many of the declared names stand in a message at most."""

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 60


@frozen(kw_only=True)
class Typed:
    """What became of the inputs of a run.

    Attributes:
        values: the wire values of those that can be sent.
        problems: what is wrong with the others, a line each.
        doubtful: ids of the input blocks whose settings may take a problem away.
    """

    values: dict[str, WireValue] = field(factory=dict)
    problems: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    def error(self, notebook_id: str) -> ValueError:
        """Make the error that tells of every problem, a line each."""
        if len(self.problems) == 1:
            return ValueError(f"{self.problems[0]} (notebook {notebook_id})")
        lines = "\n".join(f"- {problem}" for problem in self.problems)
        return ValueError(f"{len(self.problems)} inputs cannot be sent to notebook {notebook_id}:\n{lines}")


def needs_declaration(inputs: Mapping[str, object]) -> bool:
    """Whether the declaration tells anything of these inputs that the service would not: it checks booleans itself.

    Raises:
        TypeError: `inputs` is no mapping, or a name is no string.
    """
    check_names(inputs)
    return not all(isinstance(value, bool) for value in inputs.values())


def typed(
    declared: Sequence[NotebookInput],
    inputs: Mapping[str, object],
    settings: Mapping[str, JsonObject | None] | None = None,
) -> Typed:
    """Turn the inputs of a run into the API's form, each as its declaration says.

    Args:
        declared: the inputs the notebook declares.
        inputs: values by name.
        settings: settings of input blocks by the block's id, as far as they are known.

    Raises:
        TypeError: `inputs` is no mapping, or a name is no string.

    Example:
        >>> typed([NotebookInput(name="n", type="input-slider", min=0, max=10, step=1)], {"n": 5.0}).values
        {'n': '5'}
    """
    check_names(inputs)
    by_name: dict[str, list[NotebookInput]] = {}
    for one in declared:
        by_name.setdefault(one.name, []).append(one)
    values: dict[str, WireValue] = {}
    problems: list[str] = []
    doubtful: list[str] = []
    for name, value in inputs.items():
        if name not in by_name:
            problems.append(_unknown(name, tuple(by_name)))
            continue
        for one in by_name[name]:  # blocks may share a name; all of them have to take the value
            reading = read_value(one, value, (settings or {}).get(one.block_id or ""))
            if isinstance(reading, Refusal):
                problems.append(_problem(name, value, reading))
                doubtful.extend([one.block_id] if reading.is_doubtful and one.block_id else [])
            elif values.setdefault(name, reading) != reading:
                problems.append(f"input {name!r} is declared by blocks of different kinds; give text that suits all")
            else:
                continue
            break
    return Typed(values=values, problems=tuple(problems), doubtful=tuple(doubtful))


def _problem(name: str, value: object, refusal: Refusal) -> str:
    try:
        shown = " ".join(_SHOWN.repr(value).split())
    except ValueError:  # an int with more digits than Python writes
        shown = f"this {type(value).__name__}"
    return f"input {name!r} takes {refusal.takes}, not {shown}" + (f": {refusal.hint}" if refusal.hint else "")


def _unknown(name: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif names:
        rest = len(names) - MOST_NAMES
        hint = f"it declares {', '.join(map(repr, names[:MOST_NAMES]))}" + (f" and {rest} more" if rest > 0 else "")
    else:
        hint = "it declares no inputs"
    return f"input {name!r} is not declared by the notebook: {hint}"
