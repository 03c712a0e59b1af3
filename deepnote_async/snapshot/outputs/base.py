"""What everything that has outputs can be asked for."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from deepnote_async.snapshot.ansi import strip_ansi
from deepnote_async.snapshot.outputs import files, images, structured, table
from deepnote_async.snapshot.outputs.group import OutputGroup
from deepnote_async.snapshot.outputs.images import Image

if TYPE_CHECKING:
    import pandas as pd


class HasOutputs(ABC):
    """Outputs read as text, JSON, a table, images and files; base of RunResult, Block and Execution.

    A subclass gives its outputs by `_groups`.
    """

    __slots__ = ()

    @property
    def text(self) -> str:
        """What was printed and displayed as plain text, in order; stderr is left out. A value ends its line."""
        return "".join(
            output.text if output.output_type == "stream" else f"{output.text}\n"
            for group in self._groups()
            for output in group.outputs
            if output.text and output.name != "stderr"
        )

    @property
    def plain_text(self) -> str:
        """The text without colours and other terminal sequences; backspaces and carriage returns stay."""
        return strip_ansi(self.text)

    def json(self) -> object:
        """Give the last structured output, as a copy of one's own.

        Outputs are looked at from the last to the first. A value counts with its `application/json` form, as
        `display(JSON(x))` gives it, else with another form in JSON (a chart, a table of Deepnote, which may be its
        first rows only), else with its text if that is JSON. What was printed counts if all of it or its last line is a
        JSON object or array, as `print(json.dumps(x))` gives it; numbers alone are progress and no results. NaN and
        Infinity are no JSON. What Deepnote notes about a query, and widgets, are passed over.

        Raises:
            OutputError: no output is structured; it is a ValueError too.
            SnapshotError: the output is nested too deep to be copied.

        Example:
            >>> result.json()
            {'total': 104, 'region': 'EU'}
        """
        return structured.last_json(self._groups())

    def dataframe(self, *, partial: bool = False) -> pd.DataFrame:
        """Give the last table that Deepnote showed as a pandas.DataFrame; needs the extra `pandas`.

        Deepnote keeps what it shows of a data frame: the first page of rows (ten, unless the block says otherwise) and
        a limited number of columns. They come in its order and with its index, without a name. Dtypes are restored
        where every cell allows it; a column of whole numbers with missing cells becomes pandas' nullable `Int64`. A
        column whose cells do not fit, or of a dtype that is not known here, becomes `object` with its cells as they
        are. The cells of `object` columns are the text that Deepnote made of them; of long ones it keeps the beginning.

        Args:
            partial: take what is there where that is not the whole table. `df.attrs["row_count"]` and
                `df.attrs["column_count"]` tell how large the table was; None where the document does not say.

        Raises:
            OutputError: no output is a table, or it is not all there and `partial` is not set; it is a ValueError too.
            SnapshotError: the table in the document makes no sense.
            ImportError: pandas is not installed.

        Example:
            >>> result.block("5f1c0a3e").dataframe(partial=True).attrs["row_count"]
            100000
        """
        return table.last_dataframe(self._groups(), partial=partial)

    @property
    def images(self) -> tuple[Image, ...]:
        """Every picture among the outputs, in order; an output with two forms of a picture gives both.

        A picture that cannot be decoded is an error and not left out: the third of four would pass for the last one.
        The error names its block; those of the other blocks can be had block by block.

        Raises:
            SnapshotError: the data of an image are damaged.

        Example:
            >>> Path("chart.png").write_bytes(result.images[-1].content)
            49152
        """
        return images.all_images(self._groups())

    def save(self, directory: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Save each output as a file of its richest form, all of them or none. Blocking, as files are.

        The form is the first there is of: image, HTML, JSON, a Vega chart, other kinds of JSON, Markdown, LaTeX, PDF,
        text; an output of an unknown kind is saved as it stands, as JSON. HTML is saved as it is and may hold scripts.
        Text, streams and tracebacks come without terminal sequences, and JSON with null for NaN and Infinity.

        Files are named after the block's position, its id (what is no ASCII letter, digit, "-" or "_" becomes "_"), and
        the output's number in its block, such as "003-5f1c0a3e-1.png", so that their order is that of the outputs.

        Args:
            directory: the folder; it is made if it is missing. Nothing in it is overwritten.

        Raises:
            FileExistsError: one of the files is there already; nothing was written.
            SnapshotError: an output cannot be decoded; nothing was written.
            OSError: a file cannot be written; those written before are removed again.

        Returns:
            The path of each output's file, in the order of the outputs.
        """
        return files.save(self._groups(), directory)

    @abstractmethod
    def _groups(self) -> tuple[OutputGroup, ...]:
        """Give the outputs by block, in order; what stands in no block is one group."""
