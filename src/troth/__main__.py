"""Start the command line: `python -m troth` and the `troth` command."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that was typed; Ctrl-C ends it without a traceback from its first moment on."""
    try:
        from troth.cli import main as commands  # noqa: PLC0415 - what it imports takes a while, and Ctrl-C may come then

        commands(prog_name="troth")
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it: 128 and the number of the signal


if __name__ == "__main__":
    main()
