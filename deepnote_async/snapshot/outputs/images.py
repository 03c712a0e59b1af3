"""Pictures as bytes."""

from __future__ import annotations

import base64

from attrs import field, frozen

from deepnote_async.errors import SnapshotError
from deepnote_async.snapshot.fields import joined
from deepnote_async.snapshot.outputs import media
from deepnote_async.snapshot.outputs.group import OutputGroup

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    media.SVG: ".svg",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
}


@frozen(kw_only=True)
class Image:
    """A picture that a notebook showed.

    Attributes:
        media_type: its kind, such as "image/png".
        content: the file's bytes; those of an SVG are its text in UTF-8.
        block_id: the block that showed it; None for code that stands in none.
        output: place of the output among those of its block, from 0.
    """

    media_type: str
    content: bytes = field(repr=False)
    block_id: str | None = None
    output: int = 0

    @property
    def suffix(self) -> str:
        """What the name of a file of its kind ends in, such as ".png"; ".bin" for kinds not known here."""
        return SUFFIXES.get(self.media_type, ".bin")


def all_images(groups: tuple[OutputGroup, ...]) -> tuple[Image, ...]:
    """Decode the pictures of all groups.

    Raises:
        SnapshotError: one cannot be decoded.
    """
    return tuple(
        Image(
            media_type=media_type,
            content=decoded(media_type, value, group.where(number)),
            block_id=group.block_id,
            output=number,
        )
        for group in groups
        for number, output in enumerate(group.outputs)
        for media_type, value in media.forms(output).items()
        if media_type.startswith("image/") and value is not None
    )


def decoded(media_type: str, value: object, where: str) -> bytes:
    """Decode a form that stands in base64, or an SVG, which stands as text.

    Raises:
        SnapshotError: it cannot be decoded.
    """
    text = joined(value)
    if not text.strip():
        raise SnapshotError(f"{where} is of type {media_type}, but holds no data")
    if media_type == media.SVG:
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise SnapshotError(
            f"{where} is of type {media_type}, but its data are damaged ({error}); other blocks can be read one by one"
        ) from None
