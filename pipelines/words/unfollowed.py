"""Tickets that a flow by day does not follow, in words: how many there are, and why nobody can.

Where a ticket was at the end of a past day is known of those alone that have a history; a snapshot has none. How many
there are is counted by the view `mart.cumulative_flow`.
"""

from __future__ import annotations

from pipelines.words.numbers import count_of


def describe_unfollowed(came: int, before: int, *, is_any_followed: bool = True) -> str:
    """How many tickets a flow leaves out, and that it therefore tells nothing if it follows none; empty if it has all.

    Args:
        came: those of them that came in during the days that are told.
        before: those that came in earlier.
        is_any_followed: whether there are others, of which the flow tells.
    """
    unfollowed = came + before
    if not unfollowed:
        return ""
    more = " more" if is_any_followed else ""
    told = f"{came:,}{more} {'ticket' if came == 1 else 'tickets'} that came in"
    if not came:
        told = f"{count_of(before, 'ticket')} that came in before"
    elif before:
        told = f"{told}, and {before:,} that came in before,"
    them = "it" if unfollowed == 1 else "them"
    told = (
        f"{told} {'is' if unfollowed == 1 else 'are'} not followed here, because only a snapshot of {them} is known, "
        f"{'it' if unfollowed == 1 else 'they'} left the exports while open, or a rule set {them} aside"
    )
    nothing = "what was open at the end of a day, and what went out on it, is not known of any"
    return f"{told}." if is_any_followed else f"{told}: {nothing}."
