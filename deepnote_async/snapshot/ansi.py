"""Text without the sequences that a terminal takes for commands.

They are those of ECMA-48 in their form with ESC, and what xterm adds to them:
https://ecma-international.org/publications-and-standards/standards/ecma-48/ and
https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
"""

from __future__ import annotations

import re

# What is cut off or malformed loses no more than its beginning: the text after it is somebody's output.
_SEQUENCE = re.compile(
    r"""\x1b(?:
        \[ [0-?]*+ [ -/]*+ [@-~]?               # CSI: colours, cursor, erasing
      | \] (?: [^\x00-\x1f]*+ (?:\x07|\x1b\\) )?  # OSC: titles, hyperlinks, pictures
      | [PX^_] (?: [^\x1b]*+ \x1b\\ )?            # DCS, SOS, PM, APC: strings for devices
      | [ -/]++ [0-~]?                            # charsets and other settings
      | [0-~]                                   # one character: keypad, cursor saved, reset
    )?""",
    re.VERBOSE,
)


def strip_ansi(text: str) -> str:
    r"""Remove terminal sequences: colours, cursor moves, titles, hyperlinks (their text stays), charsets.

    Backspaces and carriage returns stay: what a progress bar overwrote is not guessed.

    Example:
        >>> strip_ansi("\x1b[1;31mred\x1b[0m \x1b]8;;https://a.example\x1b\\a link\x1b]8;;\x1b\\")
        'red a link'
    """
    return _SEQUENCE.sub("", text) if "\x1b" in text else text
