"""A first guess at what the statuses of an unknown export mean, to be copied into policies/statuses.yaml.

Only a comment in the draft: a wrong category would change every duration, so a person has to put it there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from models.vocabulary import Domain, StatusCategory
from pipelines.infer.findings import Inference
from pipelines.words.numbers import count_of

_TARGETS: Final = ("tickets.status", "ticket_events.status", "ticket_events.status_before")
_LISTED: Final = 40
#: The first pattern found in a status decides.
_PATTERNS: Final[tuple[tuple[re.Pattern[str], StatusCategory, str | None], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), category, reason)
    for pattern, category, reason in (
        (r"cancel|withdrawn|rejected|duplicate|won'?t", StatusCategory.CANCELLED, None),
        (
            r"(wait|await|pending|hold).*(user|customer|caller|requester|client)|user info",
            StatusCategory.WAITING,
            "customer",
        ),
        (r"(wait|await|pending|hold).*(vendor|supplier|third)", StatusCategory.WAITING, "vendor"),
        (r"awaiting assignment|unassigned|queued", StatusCategory.QUEUED, None),
        (r"wait|pending|hold|blocked|suspend|require upgrade", StatusCategory.WAITING, "team"),
        (r"resolved|resolve ticket|closed|done|completed|solved|fixed|paid|payment handled", StatusCategory.DONE, None),
        (
            r"^new$|open$|reopened|to ?do|backlog|submitted|created|insert|assign(ed)?( |$)|in call",
            StatusCategory.QUEUED,
            None,
        ),
        (r"progress|active|accepted|in charge|work|review|verif|started|approved", StatusCategory.ACTIVE, None),
    )
)


def suggest_statuses(inference: Inference) -> Iterator[str]:
    """Comment lines with a status mapping to copy; none outside of tickets."""
    if inference.domain is not Domain.TICKETS:
        return
    counts = Counter(text for texts in _status_texts(inference) for text in texts)
    if not counts:
        return
    yield "#"
    yield "# CHECK: every status needs a meaning in policies/statuses.yaml; these are guesses by their words alone:"
    yield "# statuses:"
    yield f"#   {inference.source}:"
    for text in sorted(counts, key=lambda each: -counts[each])[:_LISTED]:
        meaning = guess_meaning(text)
        guess = f"{meaning}  #" if meaning else f"{StatusCategory.QUEUED.value}  # unknown word;"
        yield f"#     {json.dumps(text, ensure_ascii=False)}: {guess} {count_of(counts[text], 'row')}"
    if len(counts) > _LISTED:
        yield f"#     ... and {len(counts) - _LISTED} more"


def _status_texts(inference: Inference) -> Iterator[list[str]]:
    """The texts of each column that feeds a status, where a condition holds if it has one."""
    for finding in inference.tables:
        columns = {column.name: column for column in finding.columns}
        for column in finding.columns:
            for feed in column.feeds:
                target, _, condition = feed.partition(" when ")
                if target not in _TARGETS:
                    continue
                texts = column.text
                if condition:
                    name, _, value = condition.partition("=")
                    texts = texts.filter((columns[name].text == value).fill_null(False))
                yield [text for text in texts.drop_nulls() if text not in column.null_texts]
                break


def guess_meaning(status: str) -> str | None:
    """A status's meaning by its words alone, as `policies/statuses.yaml` writes it; None if they tell nothing."""
    for pattern, category, reason in _PATTERNS:
        if pattern.search(status):
            return category.value if reason is None else f"{{category: {category.value}, reason: {reason}}}"
    return None
