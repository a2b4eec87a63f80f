"""`python -m flopcalc` and the `flopcalc` command."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line."""
    # what a start makes stays: looking for garbage takes 6 % of it; so do the layers of a large
    # graph, of which looking at all takes a fifth; some GB of objects have to be made before
    gc.set_threshold(10_000_000, 20, 100)
    ended: list[SystemExit] = []
    atexit.register(_leave, ended)  # first, so that whatever else is registered runs before it
    from flopcalc.cli.main import main as run

    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, int):
            ended.append(end)  # and all that its frames hold, which nobody needs to take apart
        raise


def _leave(ended: list[SystemExit]) -> None:
    """End the process here: taking every module and object apart takes an eighth of a run."""
    if not ended:  # with a traceback: as usual
        return
    for stream in {sys.stdout, sys.stderr, sys.__stdout__}:
        with contextlib.suppress(OSError, ValueError):  # whoever read it has left
            if stream:
                stream.flush()
    code = ended[0].code
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
