"""Start the command line: `python -m troth` and the `troth` command."""

import gc
import sys
from typing import Final

__all__ = ["main"]

# New objects per look of the collector of reference cycles. With the defaults a seventh of all importing went into looking at
# what was being imported, which stays. A node that serves has others (troth.app.serve).
_COLLECT: Final = (100_000, 10, 10)


def main() -> None:
    """Run the command that was typed; Ctrl-C ends it without a traceback from its first moment on."""
    gc.set_threshold(*_COLLECT)
    try:
        from troth.cli import main as commands  # noqa: PLC0415 - what it imports takes a while, and Ctrl-C may come then

        commands(prog_name="troth")
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it: 128 and the number of the signal
    finally:
        gc.freeze()  # the system takes it all back at once: looking at each of it took a tenth of a second at every end


if __name__ == "__main__":
    main()
