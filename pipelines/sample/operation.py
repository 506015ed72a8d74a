"""The operation at work: every ticket of one system, in order of creation.

Brings teams, arrivals and lives together. Writing them down is the business of the module of each system.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from random import Random

from pipelines.sample.arrivals import draw_creations, share_out
from pipelines.sample.company import PRIORITIES, TEAMS, System, Team
from pipelines.sample.span import Span
from pipelines.sample.ticket_life import Ticket, draw_ticket, live
from pipelines.sample.working_hours import OpenHours

#: First ticket number of each system, as if older tickets had been archived.
_FIRST_NUMBER = {System.SERVICENOW: 10001, System.JIRA: 1, System.ZENDESK: 500001}


class Operation:
    """All teams over the span. Each system has its own stream of random numbers, so that one does not move another."""

    def __init__(self, span: Span, seed: int, ticket_count: int) -> None:
        self.span = span
        self.seed = seed
        self.ticket_count = ticket_count
        self.hours = {team.name: OpenHours(team, span.first, span.last) for team in TEAMS}
        counts = share_out(ticket_count, [team.ticket_share for team in TEAMS])
        self._ticket_counts = {team.name: count for team, count in zip(TEAMS, counts, strict=True)}
        self._priorities = {priority.rank: priority for priority in PRIORITIES}

    def random_for(self, purpose: str) -> Random:
        """A stream of random numbers that depends on the seed and the purpose alone."""
        return Random(f"{self.seed}/{purpose}")

    def tickets(self, system: System) -> Iterator[Ticket]:
        """The tickets of a system in order of creation, each played to its end."""
        random = self.random_for(system.value)
        teams = [team for team in TEAMS if team.system is system]
        arrivals = merge(*(self._arrivals(index, team, random) for index, team in enumerate(teams)))
        for number, (created_at, team_index) in enumerate(arrivals, start=_FIRST_NUMBER[system]):
            ticket = draw_ticket(number, created_at, teams[team_index], random)
            live(ticket, self._priorities, self.hours, self.span, random)
            yield ticket

    def _arrivals(self, index: int, team: Team, random: Random) -> list[tuple[int, int]]:
        creations = draw_creations(team, self._ticket_counts[team.name], self.span, random)
        return [(created_at, index) for created_at in creations]
