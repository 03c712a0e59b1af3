"""What a block left, in order, and each in the form that says most to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deepnote_async.snapshot.display import media
from deepnote_async.snapshot.display.markup import Room, escaped, json_text, note, preformatted, short, size_text
from deepnote_async.snapshot.display.tables import DATAFRAME, table
from deepnote_async.snapshot.document import Output
from deepnote_async.snapshot.fields import joined

MOST_OUTPUTS = 30
"""So many outputs of a block are shown."""
TEXT, HTML, IMAGE = 20_000, 200_000, 1_000_000
"""So many characters of one output are shown: of text, where the middle is left out; of HTML; of an image in base64."""
TRACEBACK_LINES = 40

_QUIET = ("application/vnd.deepnote.", "application/vnd.jupyter.")


def shown_outputs(outputs: Sequence[Output], room: Room) -> str:
    """Show the outputs of a block, as many as there is room for."""
    pieces: list[str] = []
    for number, output in enumerate(outputs):
        if number == MOST_OUTPUTS or room.left <= 0:
            pieces.append(note(f"{len(outputs) - number:,} more outputs are not shown."))
            break
        piece = _output(output, room.left)
        if not room.take(piece):
            piece = note(f"An output of {size_text(len(piece))} is not shown: there is no room left for it.")
            room.take(piece)
        pieces.append(piece)
    return "".join(pieces)


def _output(output: Output, left: int) -> str:
    if output.output_type == "stream":
        return preformatted(output.text, min(TEXT, left), kind="dn-stderr" if output.name == "stderr" else "")
    if output.output_type == "error":
        return preformatted(_error_text(output), min(TEXT, left), kind="dn-error")
    if output.data:
        return _bundle(output.data, left)
    if output.output_type in {"display_data", "execute_result"}:
        return note("An output without content.")
    return _as_json(f"output of type {output.output_type}", output.raw, left)


def _error_text(output: Output) -> str:
    lines = [line for entry in output.traceback for line in entry.split("\n")]
    head = ": ".join(part for part in (output.ename, output.evalue) if part) or "an error without a name"
    if not lines:
        return head
    left_out = len(lines) - TRACEBACK_LINES
    tail = "\n".join(lines[-TRACEBACK_LINES:])
    return f"… {left_out:,} lines are not shown …\n{tail}" if left_out > 0 else tail


def _bundle(data: Mapping[str, object], left: int) -> str:
    """Show one of the forms of a value, and say which could not be shown in its stead."""
    remarks: list[str] = []
    for media_type, show in _FORMS:
        if media_type not in data:
            continue
        limit = min(_LIMITS.get(media_type, IMAGE if media_type in media.IMAGES else TEXT), left)
        piece = show(data[media_type], limit)
        if piece is not None:
            return "".join((*remarks, *_not_drawn(data, media_type), piece))
        remarks.append(media.too_large(media_type, data[media_type], limit) or note(f"{media_type} cannot be shown."))
    others = [key for key in data if key not in media.IMAGES and key != "text/html"]
    rest = "".join(_as_json(str(key), data[key], min(TEXT, left)) for key in others[:3])
    return "".join(remarks) + rest


def _not_drawn(data: Mapping[str, object], shown: str) -> list[str]:
    """Say which interactive form a plain one stands for."""
    if shown != "text/plain":
        return []
    kinds = [str(key) for key in data if "+json" in str(key) and not str(key).startswith(_QUIET)]
    return [note(f"{short_type(kind)} is not drawn here.") for kind in kinds[:1]]


def short_type(media_type: str) -> str:
    """Give a media type that is not overlong."""
    return media_type if len(media_type) <= 80 else f"{media_type[:79]}…"  # noqa: PLR2004


def _as_json(title: str, value: object, left: int) -> str:
    body = preformatted(json_text(value, TEXT) if not isinstance(value, str) else value, min(TEXT, left))
    return f"<details><summary>{short(title, 100)}</summary>{body}</details>"


def _text(value: object, limit: int) -> str | None:
    text = joined(value)
    return preformatted(text, limit, kind="dn-plain") if text else None


def _json(value: object, limit: int) -> str | None:
    return preformatted(json_text(value, limit), limit)


def _markdown(value: object, limit: int) -> str | None:
    text = joined(value)
    return f'<div class="dn-prose"><p>{escaped(text)}</p></div>' if 0 < len(text) <= limit else _text(value, limit)


def _image(media_type: str) -> Callable[[object, int], str | None]:
    return lambda value, limit: media.image(media_type, value, limit)


_FORMS: Sequence[tuple[str, Callable[[object, int], str | None]]] = (
    (DATAFRAME, lambda value, _: table(value)),
    *((media_type, _image(media_type)) for media_type in media.IMAGES),
    ("text/html", media.frame),
    ("text/markdown", _markdown),
    ("application/json", _json),
    ("text/latex", _text),
    ("text/plain", _text),
)
"""Forms of a value that can be shown, what says most first."""

_LIMITS = {"text/html": HTML}
