"""The inputs of a start, typed by the notebook's declaration before it is sent, and again if it was out of date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import anyio
from attrs import field, frozen

from deepnote_async.errors import CallError
from deepnote_async.inputs import InputArgument, WireValue, is_plain, needs_declaration, to_wire, typed
from deepnote_async.resources.declarations import Declaration, Declarations, within
from deepnote_async.transport import CallOptions, Deadline, Transport

REREAD_SECONDS: Final = 1.0
"""A declaration younger than this is taken for the present one: a thousand refused starts do not read it so often."""


@frozen(kw_only=True)
class CheckedInputs:
    """The inputs of one start.

    Attributes:
        given: what the caller gave.
        values: the wire values.
        declaration: what they were typed by; None if they were not.
        options: those of the start, with the time that is left of the caller's.
    """

    given: Mapping[str, InputArgument] = field(factory=dict)
    values: Mapping[str, WireValue] = field(factory=dict)
    declaration: Declaration | None = None
    options: CallOptions


class InputChecker:
    """Types the inputs of the starts of one client."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._declarations = Declarations(transport)

    async def check(
        self,
        notebook_id: str,
        inputs: Mapping[str, InputArgument] | None,
        options: CallOptions,
        *,
        by_declaration: bool = True,
    ) -> CheckedInputs:
        """Turn the inputs of a start into the API's form.

        Args:
            notebook_id: the notebook to start.
            inputs: values by name.
            options: those of the start. Reading the declaration uses them too, and up to all of the start's time; for
                values that can go without it, up to half.
            by_declaration: whether to ask what the notebook declares, where that matters.

        Raises:
            ValueError: inputs cannot be sent; it tells of each of them.
            TypeError: `inputs` is no mapping of names; without a declaration, a value is of a kind that no input takes.
            CallError: the declaration cannot be read, and there are values that only it can type.
        """
        if inputs is None:
            return CheckedInputs(options=options)
        if not by_declaration or not needs_declaration(inputs):
            return CheckedInputs(given=inputs, values=to_wire(inputs), options=options)
        deadline = self._transport.deadline(options)
        can_do_without = all(map(is_plain, inputs.values()))
        if can_do_without and self._declarations.was_refused(notebook_id):
            return CheckedInputs(given=inputs, values=to_wire(inputs), options=options)
        try:
            declaration = await self._declarations.get(
                notebook_id, _half(deadline) if can_do_without else deadline, options
            )
        except CallError as error:
            values = to_wire(inputs)  # which refuses what no notebook could declare
            if can_do_without:
                return CheckedInputs(given=inputs, values=values, options=within(deadline, options))
            error.add_note(
                f"This was to tell which inputs notebook {notebook_id} declares; nothing was started. Text, booleans "
                "and lists of text are sent without it, and with check_inputs=False numbers and dates too."
            )
            raise
        checked = await self._typed(declaration, inputs, deadline, options)
        if isinstance(checked, ValueError):
            newer = await self._newer(declaration, deadline, options)
            if newer is not None:
                checked = await self._typed(newer, inputs, deadline, options)
        if isinstance(checked, ValueError):
            raise checked
        return checked

    async def after_refusal(self, checked: CheckedInputs, options: CallOptions) -> CheckedInputs | None:
        """Type the inputs of a refused start again, in case the notebook declares others than it did.

        Returns:
            The inputs to start with once more; None if they are the same, or the declaration was a new one.

        Raises:
            ValueError: the notebook does not take these inputs any longer.
        """
        if checked.declaration is None:
            return None
        deadline = self._transport.deadline(options)
        newer = await self._newer(checked.declaration, deadline, options)
        if newer is None:
            return None
        again = await self._typed(newer, checked.given, deadline, options)
        if isinstance(again, ValueError):
            raise again
        return None if again.values == checked.values else again

    async def _newer(self, declaration: Declaration, deadline: Deadline, options: CallOptions) -> Declaration | None:
        """Read a declaration anew; None if there is no newer one to be had."""
        if anyio.current_time() - declaration.read_at < REREAD_SECONDS:
            return None
        self._declarations.forget(declaration)
        try:
            return await self._declarations.get(declaration.notebook_id, deadline, options)
        except CallError:
            return None

    async def _typed(
        self, declaration: Declaration, inputs: Mapping[str, InputArgument], deadline: Deadline, options: CallOptions
    ) -> CheckedInputs | ValueError:
        found = typed(declaration.inputs, inputs, declaration.settings)
        unknown = [block_id for block_id in found.doubtful if block_id not in declaration.settings]
        if unknown:
            await self._declarations.learn_settings(declaration, unknown, deadline, options)
            found = typed(declaration.inputs, inputs, declaration.settings)
        if found.problems:
            return found.error(declaration.notebook_id)
        return CheckedInputs(
            given=inputs, values=found.values, declaration=declaration, options=within(deadline, options)
        )


def _half(deadline: Deadline) -> Deadline:
    return deadline if deadline.allowed is None else Deadline.after(deadline.allowed / 2)
