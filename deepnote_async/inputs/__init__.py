"""From Python values to what the API takes for an input: text, a boolean, or a list of texts, and nothing else.

`to_wire` does it without asking what the notebook declares; `typed` does it by the declaration and finds all that is
wrong with the values.
"""

from deepnote_async.inputs.typed import Typed, needs_declaration, typed
from deepnote_async.inputs.wire import InputArgument, WireValue, is_plain, to_wire

__all__ = ["InputArgument", "Typed", "WireValue", "is_plain", "needs_declaration", "to_wire", "typed"]
