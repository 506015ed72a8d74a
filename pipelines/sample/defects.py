"""Named faults for `--defect`: what each one is, which export it breaks, and what a good gate must say of it.

The faults themselves are in `ticket_faults` and `money_faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from models.vocabulary import Domain
from pipelines.sample import (
    budgets,
    deliveries,
    exchange_rates,
    jira,
    ledger,
    money_faults,
    servicenow,
    ticket_faults,
    vendor_billing,
    vendor_contracts,
    zendesk,
)


class Outcome(StrEnum):
    """What a good pipeline makes of a defect.

    `REFUSED`: the file is not ingested and stays where it is, the others are. `FLAGGED`: a rule fails and names the
    rows. `HARMLESS`: no number may change.
    """

    REFUSED = "refused"
    FLAGGED = "flagged"
    HARMLESS = "harmless"


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault that can be put into written exports."""

    name: str
    #: What happened, as the person would tell it who finds out in the end.
    description: str
    domain: Domain
    #: Contract id of the export that it breaks. No other export changes.
    export: str
    outcome: Outcome
    #: What a good gate must say.
    expected: str
    #: Spoils the written files below a landing folder. Raises ValueError if the sample is too small for the fault.
    apply: Callable[[Path], None]


_T, _F, _V = Domain.TICKETS, Domain.FINANCE, Domain.VENDORS

_ALL: Final = (
    Defect(
        "truncated_last_line", "The transfer broke off within the last row of the latest incident file.",
        _T, servicenow.EXPORT, Outcome.REFUSED,
        "The file ends within a row; it was not ingested. The last complete file still stands.",
        ticket_faults.truncate_last_line,
    ),
    Defect(
        "overlapping_export", "The latest incident file repeats a hundred rows of the file before.",
        _T, servicenow.EXPORT, Outcome.HARMLESS,
        "A hundred exact duplicate events collapsed; every number stays.",
        ticket_faults.repeat_rows_of_other_file,
    ),
    Defect(
        "status_renamed", "An administrator renamed the state Awaiting Vendor to Pending Vendor.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "The status 'Pending Vendor' is mapped by no policy; names the tickets and the policy file.",
        ticket_faults.rename_status,
    ),
    Defect(
        "service_renamed", "An administrator renamed the service Workplace to Digital Workplace.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "The service 'Digital Workplace' is not known; how many tickets have it, and that it resembles 'Workplace'.",
        ticket_faults.rename_service,
    ),
    Defect(
        "half_a_day_missing", "Everything after noon on the busiest day of the latest incident file is missing.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "Far fewer updates than usual on that day, and gaps in the update numbers of its incidents.",
        ticket_faults.lose_half_a_day,
    ),
    Defect(
        "swapped_day_and_month", "A spreadsheet read D/M/YYYY as M/D/YYYY wherever that makes a date, and saved it.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "Updates that lie before the incident was opened, out of their own order, or in the future.",
        ticket_faults.swap_day_and_month,
    ),
    Defect(
        "month_before_day", "A file of early days of a month was written M/D/YYYY, which can be read as D/M/YYYY.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "All its updates lie on one day of many months; names the file, that day and the days that are probably meant.",
        ticket_faults.write_month_first,
    ),
    Defect(
        "clock_in_utc", "The account that exports was set to UTC; the latest file's times are an hour or two early.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "Incidents that reach back into the file before were opened at another time there.",
        ticket_faults.write_clock_in_utc,
    ),
    Defect(
        "blank_team", "The export lost the right to read a field: every tenth incident has no team.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "The required column assignment_group is empty on about a tenth of the latest rows.",
        ticket_faults.blank_team,
    ),
    Defect(
        "team_left_out", "Someone saved a filter, so the latest incident file lacks the whole Service Desk.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "A team that had events in every period has none in the latest; update numbers have gaps.",
        ticket_faults.leave_out_a_team,
    ),
    Defect(
        "export_stopped", "The job that exports incidents has stood still for the last three weeks.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "The newest update is three weeks older than everything else; names the export, the day and the limit.",
        ticket_faults.stop_three_weeks_early,
    ),
    Defect(
        "ticket_number_reused", "After a migration one incident number stands for two incidents.",
        _T, servicenow.EXPORT, Outcome.FLAGGED,
        "One incident has two opening times and two runs of update numbers.",
        ticket_faults.reuse_ticket_number,
    ),
    Defect(
        "dropped_middle_event", "One status change is missing from the middle of an issue's history.",
        _T, jira.EXPORT, Outcome.FLAGGED,
        "A change starts from another status than the change before led to; names the issue.",
        ticket_faults.drop_middle_event,
    ),
    Defect(
        "future_event", "The last change of one issue is dated five years ahead.",
        _T, jira.EXPORT, Outcome.FLAGGED,
        "An event lies after everything else the export covers; it must not move the data's clock.",
        ticket_faults.date_event_in_the_future,
    ),
    Defect(
        "resolved_before_created", "One ticket is solved an hour before it was created.",
        _T, zendesk.EXPORT, Outcome.FLAGGED,
        "An event lies before the creation of its ticket; names the ticket.",
        ticket_faults.resolve_before_creation,
    ),
    Defect(
        "doubled_file", "The latest ledger file was downloaded twice and lies there under two names.",
        _F, ledger.EXPORT, Outcome.HARMLESS,
        "The second file has the same content as the first and was not ingested again.",
        money_faults.double_file,
    ),
    Defect(
        "lost_credit_sign", "Someone cleaned the ledger file and took the minus signs off the amounts.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "The lines of journals with credits do not add up to the journal totals.",
        money_faults.lose_credit_signs,
    ),
    Defect(
        "cost_changed_by_a_cent", "One ledger amount is a cent higher than what was booked.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "One journal's lines differ from its total by 0.01.",
        money_faults.change_cost_by_a_cent,
    ),
    Defect(
        "dropped_ledger_line", "One line of a journal is missing.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "One journal's lines do not add up to its total.",
        money_faults.drop_ledger_line,
    ),
    Defect(
        "ledger_month_missing", "Someone exported the ledger in two parts and left a month out between them.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "The ledger has lines in every month but one; names the month.",
        money_faults.leave_out_a_month,
    ),
    Defect(
        "ledger_stopped", "The ledger was not exported for the last seven weeks.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "The newest posting is seven weeks older than everything else; names the export, the day and the limit.",
        money_faults.stop_the_ledger,
    ),
    Defect(
        "rates_stopped", "The download of exchange rates has failed for three weeks.",
        _F, exchange_rates.EXPORT, Outcome.FLAGGED,
        "The newest rate is three weeks older than everything else; names the export, the day and the limit.",
        money_faults.stop_the_rates,
    ),
    Defect(
        "unknown_currency", "One ledger line is in EUX, a currency that does not exist.",
        _F, ledger.EXPORT, Outcome.FLAGGED,
        "The currency 'EUX' is no ISO 4217 code and has no rate; never converted at 1.",
        money_faults.write_unknown_currency,
    ),
    Defect(
        "missing_fx_rate", "Sterling has no rate for the week around its latest posting.",
        _F, exchange_rates.EXPORT, Outcome.FLAGGED,
        "Lines in GBP have no rate on their posting date; names the days.",
        money_faults.lose_exchange_rates,
    ),
    Defect(
        "conflicting_fx_rate", "One day has two different rates for the dollar.",
        _F, exchange_rates.EXPORT, Outcome.FLAGGED,
        "Two rates for one day and pair; which is right cannot be known.",
        money_faults.contradict_exchange_rate,
    ),
    Defect(
        "budget_of_the_wrong_year", "The year beside the last month of the budget is that of the sheet before.",
        _F, budgets.EXPORT, Outcome.FLAGGED,
        "Budget lines whose year and month contradict each other; names them, and compares nothing with them.",
        money_faults.copy_last_years_column,
    ),
    Defect(
        "totals_in_budget", "A total of each month stands between the lines of the budget.",
        _F, budgets.EXPORT, Outcome.FLAGGED,
        "Budget lines that say they are totals; names them, and counts no money twice.",
        money_faults.add_total_of_month,
    ),
    Defect(
        "renamed_column", "The payables system was upgraded and calls the amount something else.",
        _V, vendor_billing.EXPORT, Outcome.REFUSED,
        "The required column Amount is missing; 'Net Total (Doc. Cur.)' is new. Add it as a synonym.",
        money_faults.rename_column,
    ),
    Defect(
        "lost_decimal_point", "One invoice amount lost its decimal point and is a hundred times too high.",
        _V, vendor_billing.EXPORT, Outcome.FLAGGED,
        "Quantity times unit price is not the amount; names the invoice.",
        money_faults.lose_decimal_point,
    ),
    Defect(
        "html_error_page", "The download was a sign-in page under the name of the deliveries file.",
        _V, deliveries.EXPORT, Outcome.REFUSED,
        "The file is an HTML page, not CSV; download it again.",
        money_faults.send_error_page,
    ),
    Defect(
        "delivered_before_ordered", "One delivery came a year before it was ordered.",
        _V, deliveries.EXPORT, Outcome.FLAGGED,
        "A delivery date lies before the order date; names the delivery.",
        money_faults.deliver_before_order,
    ),
    Defect(
        "empty_file", "The contract register arrived with no byte in it.",
        _V, vendor_contracts.EXPORT, Outcome.REFUSED,
        "The file is empty; the export or the transfer failed.",
        money_faults.empty_file,
    ),
)  # fmt: skip

DEFECTS: Final[Mapping[str, Defect]] = MappingProxyType({defect.name: defect for defect in _ALL})


def find_defects(names: Sequence[str]) -> list[Defect]:
    """The defects of these names, in this order. Raises ValueError, with a suggestion, for a name that is none."""
    for name in names:
        if name not in DEFECTS:
            close = get_close_matches(name, DEFECTS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(DEFECTS)}."
            raise ValueError(f"There is no defect '{name}': {hint}")
    return [DEFECTS[name] for name in names]
