"""`python -m deepnote_emulator`."""

import sys

from deepnote_emulator.cli import main

if __name__ == "__main__":
    sys.exit(main())
