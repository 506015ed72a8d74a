"""Files in, published warehouse out: the only package that does I/O.

What a number means belongs in `metrics`, what a table holds in `models`, what an export promises in
`data_contracts`. This package moves data between them.
"""

import os


def _keep_freed_memory() -> None:
    """Let Polars use the memory again that it has freed, rather than give it back and ask for it anew.

    Its allocator hands freed pages back after half a second, and a run frees and takes columns of megabytes all the
    time: to get such pages again took 7 to 10 % of its processor time. Now they are kept for four seconds; and there
    are half as many pools of them as usual, so that no more is kept at once. The allocator reads this when Polars is
    loaded, so it stands before any module that does. Whoever has set the variable knows better.
    """
    pools = 2 * (os.cpu_count() or 1)
    os.environ.setdefault("_RJEM_MALLOC_CONF", f"narenas:{pools},dirty_decay_ms:4000")


_keep_freed_memory()
