"""Start the command line: `python -m troth` and the `troth` command."""

from troth.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="troth")
