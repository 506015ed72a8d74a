"""Commands that people are shown to go on with, so that they can be pasted as they stand: on the same home."""

from __future__ import annotations

import click

from pipelines.cli.options import Choices
from pipelines.words.commands import pasted


def own_command(*words: str) -> str:
    """A `kpi` command on the home that this one works on: `--home` is repeated if it was said here."""
    home = click.get_current_context().ensure_object(Choices).home
    on_home = ["--home", pasted(home)] if home is not None else []
    command, *rest = words
    return " ".join(["kpi", command, *on_home, *map(pasted, rest)])
