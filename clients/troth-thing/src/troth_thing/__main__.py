"""`python -m troth_thing`: the command `troth-thing`."""

import sys

from troth_thing.command import main

if __name__ == "__main__":
    sys.exit(main())
