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
        import sys

        sys.stderr.write(f"{STOPPED}\n")
        # Threads at work on blocks are left behind: what they hold is not recorded.
        _leave(INTERRUPTED)
    except SystemExit as stop:
        if isinstance(stop.code, int):
            _leave(stop.code)
        raise


def _leave(code: int) -> None:
    """End at once: taking modules and tables apart piece by piece, as Python does at its end, takes a tenth of a second and nobody's use.

    Files and the database are closed by then; what is left is what was printed.
    """
    import contextlib
    import os
    import sys

    for stream in (sys.stdout, sys.stderr):
        # Whoever read has had enough, as `head` has, or the stream is closed already.
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
