"""That a run set records aside: how many, by which rules, and which command shows them.

Only what was not aside before is told, so that it stands out when it comes; `kpi status` counts all that is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from pipelines.words.numbers import count_of, list_some

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

#: Homes that were run last before there was this column do not tell since when records are aside.
_TELLS_SINCE_WHEN: Final = """
    SELECT 1 FROM duckdb_columns() WHERE table_name = 'ops_quarantined_records' AND column_name = 'first_seen_at'
"""
_NEWLY_SET_ASIDE: Final = """
    WITH records AS (
        SELECT domain, table_name, record_id, list(rule_id) AS rules
        FROM ops.ops_quarantined_records
        GROUP BY domain, table_name, record_id
        HAVING min(coalesce(first_seen_at, TIMESTAMPTZ '1970-01-01 00:00:00+00'))
            >= (SELECT max(started_at) FROM ops.ops_runs)
    ),
    counts AS (SELECT domain, count(*) AS record_count FROM records GROUP BY domain),
    by_rule AS (SELECT domain, unnest(rules) AS rule_id FROM records)
    SELECT domain, any_value(record_count), rule_id, count(*)
    FROM by_rule JOIN counts USING (domain)
    GROUP BY domain, rule_id ORDER BY domain, count(*) DESC, rule_id
"""
_MOST_RULES: Final = 3
#: Code of these notices.
SET_ASIDE: Final = "set_aside"


def read_newly_set_aside(connection: Any) -> tuple[tuple[Any, ...], ...]:
    """Domain, how many of its records the last run set aside that no rule had before, a rule, and how many it did.

    Args:
        connection: to the build database.
    """
    if not connection.execute(_TELLS_SINCE_WHEN).fetchall():
        return ()
    return tuple(connection.execute(_NEWLY_SET_ASIDE).fetchall())


def note_set_aside(rows: Iterable[tuple[Any, ...]], held: Collection[str]) -> Iterator[Notice]:
    """One notice for each domain of which the last run set records aside.

    Args:
        rows: what `read_newly_set_aside` gives.
        held: domains that are held, where the rules are told beside what holds.
    """
    from pipelines.notices.finding import Notice  # takes long to import

    rules: dict[tuple[str, int], dict[str, int]] = {}
    for domain, count, rule_id, of_rule in rows:
        if domain not in held:
            rules.setdefault((domain, count), {})[rule_id] = of_rule
    for (domain, count), by_rule in rules.items():
        records = count_of(count, "ticket") if domain == "tickets" else f"{count_of(count, 'record')} of {domain}"
        named = [rule_id if of_rule == count else f"{rule_id} ({of_rule:,})" for rule_id, of_rule in by_rule.items()]
        # A record that broke several rules is counted by each of them, so these counts say nothing of their sum.
        overlap = ", some by more than one" if count > 1 and sum(by_rule.values()) > count else ""
        yield Notice(
            SET_ASIDE,
            domain,
            f"This run set aside {records} by {list_some(named, _MOST_RULES)}{overlap}: not measured until put right. "
            f"'kpi quarantine list --domain {domain}' shows what and why.",
        )
