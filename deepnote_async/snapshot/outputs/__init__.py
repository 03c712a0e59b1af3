"""The outputs of blocks, and what they can be read as: text, JSON, a table, images, files."""

from deepnote_async.snapshot.outputs.base import HasOutputs
from deepnote_async.snapshot.outputs.group import OutputGroup
from deepnote_async.snapshot.outputs.images import Image
from deepnote_async.snapshot.outputs.output import Output

__all__ = ["HasOutputs", "Image", "Output", "OutputGroup"]
