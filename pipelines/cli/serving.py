"""Handing a command over to a server that runs until it is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from pipelines.cli.exits import ExitCode


def serve(command: Sequence[str], environment: Mapping[str, str]) -> ExitCode:
    """Run a server in the place of this process, so that whoever stops this process stops the server.

    A service manager or a terminal that is closed ends one process; a server that was only its child would go on,
    and keep the port. Windows cannot replace a process: there it is a child, which Ctrl-C reaches as well.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], list(command), dict(environment))
    try:
        ended = subprocess.run(command, env=dict(environment), check=False)
    except KeyboardInterrupt:
        return ExitCode.OK
    return ExitCode.OK if ended.returncode == 0 else ExitCode.FAILED
