"""The `payper` command from its first instruction on: nothing is imported before an interruption can be answered in words."""

from __future__ import annotations

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

STOPPED = "Stopped. Nothing was lost; run the same command again to go on."


def main() -> None:
    """Run the command line; say in one line that it was stopped, wherever it was."""
    try:
        from payper.cli import main as run

        run()
    except KeyboardInterrupt:
        import os
        import sys

        sys.stderr.write(f"{STOPPED}\n")
        sys.stderr.flush()
        # Threads at work on blocks are left behind: what they hold is not recorded.
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
