"""Names in policies that nothing in the data has: of a team that is misspelt in an SLA's scope there are no clocks, and
of a contract that is misspelt in service credits nobody owes any. So too names in the contract register: a vendor that
neither bills nor delivers, and an item for which two contracts of one vendor hold on the same days.

Only a notice, because the name may be right and its first ticket still to come. Sources and reasons, which contracts
and policies know without any data, are in `pipelines.notices.finding`; names in the contract register are in
`pipelines.notices.register_names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from models.vocabulary import NO_VALUE, Dimension, Domain
from pipelines.notices.alike_names import find_alike_cost_centres, find_alike_names
from pipelines.notices.register_names import OVERLAPS, TERMS, find_idle_vendors, find_overlaps
from pipelines.words.numbers import list_some

if TYPE_CHECKING:
    from data_contracts.documents import Path
    from pipelines.notices.finding import Notice
    from pipelines.policies.loading import Policies

#: Dimension -> columns of staged tables that hold its names, by the domain that stages them.
_COLUMNS: Final[Mapping[Domain, tuple[tuple[str, str, str], ...]]] = {
    Domain.TICKETS: (
        *((name, "stg.stg_tickets", name) for name in ("team", "service", "priority", "ticket_type", "vendor")),
        *((name, "stg.stg_ticket_events", name) for name in ("team", "priority", "vendor")),
        *((name, "stg.stg_ticket_events", f"{name}_before") for name in ("team", "priority")),
    ),
    Domain.FINANCE: (
        ("headcount.team", "stg.stg_headcount", "team"),
        ("cost_lines.vendor", "stg.stg_cost_lines", "vendor"),
        ("cost_lines.cost_centre", "stg.stg_cost_lines", "cost_centre"),
        ("budget_lines.cost_centre", "stg.stg_budget_lines", "cost_centre"),
    ),
    Domain.VENDORS: (
        ("contract", "stg.stg_vendor_contracts", "trim(vendor_contract_id)"),
        ("contract.item", "stg.stg_vendor_contracts", "trim(item)"),
        ("invoice_lines.item", "stg.stg_vendor_invoice_lines", "trim(item)"),
        ("contract.vendor", "stg.stg_vendor_contracts", "trim(vendor)"),
        ("dealing.vendor", "stg.stg_vendor_invoice_lines", "trim(vendor)"),
        ("dealing.vendor", "stg.stg_deliveries", "trim(vendor)"),
    ),
}
#: Breakdown -> names above that its values may come from.
_RECORDED: Final[Mapping[str, tuple[str, ...]]] = {
    "team": ("team", "headcount.team"),
    "priority": ("priority",),
    "service": ("service",),
    "vendor": ("vendor", "cost_lines.vendor", "contract.vendor", "dealing.vendor"),
}
#: Names above that are of cost centres; who spends and who plans may write them in different ways.
_COST_CENTRES: Final = ("cost_lines.cost_centre", "budget_lines.cost_centre")
#: Items for which a vendor's contracts promise a time: dimension `promised_by.<vendor>`.
_PROMISES: Final = """
    SELECT 'promised_by.' || trim(vendor), trim(item) FROM stg.stg_vendor_contracts
    WHERE vendor IS NOT NULL AND item IS NOT NULL AND sla_target_hours > 0
"""
#: SELECT of a domain's names: dimension, name. Distinct in each place, where a name may be stored as a number.
KNOWN_NAMES: Final[Mapping[Domain, str]] = {
    domain: (TERMS if domain is Domain.VENDORS else "")
    + " UNION ".join(
        [
            *(
                f"SELECT DISTINCT '{dimension}' AS dimension, {column} AS name FROM {table} WHERE {column} IS NOT NULL"
                for dimension, table, column in columns
            ),
            *([_PROMISES, OVERLAPS] if domain is Domain.VENDORS else []),
        ]
    )
    for domain, columns in _COLUMNS.items()
}

Names = Mapping[str, frozenset[str]]


def read_names(rows: Iterable[tuple[Any, ...]]) -> Names:
    """The names of each dimension, of what `KNOWN_NAMES` gave."""
    names: dict[str, set[str]] = {}
    for dimension, name in rows:
        names.setdefault(dimension, set()).add(name)
    return {dimension: frozenset(found) for dimension, found in names.items()}


def find_unknown_names(policies: Policies, names: Names, folder: str = "policies") -> tuple[Notice, ...]:
    """A notice for each name in a policy that no ticket, cost line or contract has, and for names of the data that
    differ in capitals and blanks only. Without any data there is none.

    Args:
        names: see `read_names`, of all domains.
        folder: of the policies, as a person knows it.
    """
    of_tickets = {"team", "service", "priority", "ticket_type", "vendor"}
    has_tickets = any(names.get(dimension) for dimension in of_tickets)
    has_lines = any(names.get(f"cost_lines.{column}") for column in ("vendor", "cost_centre"))
    finder = _Finder(policies, names, folder)
    return (
        *(finder.in_scopes() if has_tickets else ()),
        *(finder.in_team_calendars() if has_tickets else ()),
        *(finder.in_costs() if has_tickets else ()),
        *(finder.in_pools() if has_lines else ()),
        *finder.in_targets(),
        *((*finder.in_contract_promises(), *finder.in_vendors()) if names.get("contract") else ()),
        *find_idle_vendors(names),
        *find_overlaps(names),
        *find_alike_names({dimension: _recorded(names, dimension) for dimension in _RECORDED}),
        *find_alike_cost_centres(frozenset().union(*(names.get(place, ()) for place in _COST_CENTRES)), folder),
    )


def _recorded(names: Names, dimension: str) -> frozenset[str]:
    """All names that records of a breakdown have. Contracts are found whatever the capitals of their vendor."""
    places = [place for place in _RECORDED[dimension] if place != "contract.vendor"]
    return frozenset().union(*(names.get(place, frozenset()) for place in places))


class _Finder:
    def __init__(self, policies: Policies, names: Names, folder: str) -> None:
        self.policies = policies
        self.names = names
        self.folder = folder

    def in_scopes(self) -> Iterator[Notice]:
        """Names to which SLA policies apply."""
        for index, policy in enumerate(self.policies.sla):
            for dimension, accepted in policy.scope.items():
                if dimension == "source":
                    continue
                known = self.names.get(dimension, frozenset())
                for name in sorted(accepted - known):
                    effect = "so that name does nothing" if accepted & known else "so it counts for none"
                    what = f"policy '{policy.id}' applies to the {_word(dimension)} '{name}', which no ticket has"
                    place = ("sla.yaml", "policies", index, "applies_to", dimension)
                    yield self._notice(place, f"{what}, {effect}.", dimension, name, known)

    def in_team_calendars(self) -> Iterator[Notice]:
        """Teams that have a calendar."""
        known = self.names.get("team", frozenset())
        for name in sorted(set(self.policies.team_calendars.teams) - known):
            what = f"team_calendars names the team '{name}', which no ticket has, so it does nothing."
            yield self._notice(("calendars.yaml", "team_calendars", "teams", name), what, "team", name, known)

    def in_costs(self) -> Iterator[Notice]:
        """Teams and services that bear costs: of tickets, or of the headcount by which costs are divided."""
        costs = self.policies.costs
        teams = self.names.get("team", frozenset()) | self.names.get("headcount.team", frozenset())
        # A supporting team needs no tickets: it hands on what reaches it.
        teams |= {step.team for step in costs.step_down}
        services = self.names.get("service", frozenset())
        named: list[tuple[Path, str, str, str, frozenset[str]]] = [
            (("cost_centres", centre, "team"), "team", f"cost centre {centre}", team, teams)
            for centre, team in costs.cost_centre_teams.items()
        ]
        named += [
            (("cost_centres", centre, "service"), "service", f"cost centre {centre}", service, services)
            for centre, service in costs.cost_centre_services.items()
        ]
        named += [
            ((key, index, "shares", team), "team", divided.described, team, teams)
            for key, all_divided in (("pools", costs.pools), ("step_down", costs.step_down))
            for index, divided in enumerate(all_divided)
            for team in divided.shares
        ]
        for path, dimension, holder, name, known in named:
            if name not in known:
                what = f"{holder} names the {dimension} '{name}', which no ticket has"
                effect = "so no transaction bears its cost."
                yield self._notice(("costs.yaml", *path), f"{what}, {effect}", dimension, name, known)

    def in_targets(self) -> Iterator[Notice]:
        """Teams, priorities, services and vendors that have targets of their own. Any record may have the name."""
        costs = self.policies.costs
        borne = {"team": costs.cost_centre_teams.values(), "service": costs.cost_centre_services.values()}
        for index, target in enumerate(self.policies.targets):
            dimension = target.dimension.value
            if target.dimension is Dimension.OVERALL:
                continue
            told = frozenset[str]().union(*(self.names.get(place, frozenset()) for place in _RECORDED[dimension]))
            # What bears cost has values without a ticket of its own.
            known = told | frozenset(borne.get(dimension, ()))
            if told and target.dimension_value not in known | {NO_VALUE}:
                what = (
                    f"target of {target.metric} is for the {dimension} '{target.dimension_value}', which no record "
                    "has, so nothing is held against it."
                )
                place = ("targets.yaml", "targets", index, dimension)
                yield self._notice(place, what, dimension, target.dimension_value, known)

    def in_pools(self) -> Iterator[Notice]:
        """Patterns by which pools select lines, of which no line has a match."""
        for index, pool in enumerate(self.policies.costs.pools):
            for column, patterns in (("vendor", pool.vendors), ("cost_centre", pool.cost_centres)):
                known = self.names.get(f"cost_lines.{column}", frozenset())
                for pattern in patterns:
                    if not any(_matches(pattern, name) for name in known):
                        what = f"pool '{pool.id}' selects the {_word(column)} '{pattern}', which no cost line has."
                        place = ("costs.yaml", "pools", index, "where", column)
                        yield self._notice(place, what, column, pattern, known)

    def in_contract_promises(self) -> Iterator[Notice]:
        """Items from whose contract an SLA policy takes its time."""
        for index, policy in enumerate(self.policies.sla):
            if policy.contract_item is None:
                continue
            vendors = sorted(policy.scope.get("vendor", ()))
            known = frozenset[str]().union(
                *(self.names.get(f"promised_by.{vendor}", frozenset()) for vendor in vendors)
            )
            if policy.contract_item.strip().casefold() not in {item.casefold() for item in known}:
                what = (
                    f"policy '{policy.id}' takes its time from the contract item '{policy.contract_item}', for which "
                    f"no contract of {' or '.join(vendors)} promises a time, so it counts for none."
                )
                place = ("sla.yaml", "policies", index, "within")
                yield self._notice(place, what, "item with a promise", policy.contract_item, known)

    def in_vendors(self) -> Iterator[Notice]:
        """Contracts, items of rate cards and items of invoices that policies/vendors.yaml names."""
        contracts = self.names.get("contract", frozenset())
        items = self.names.get("contract.item", frozenset())
        billed = self.names.get("invoice_lines.item", frozenset())

        def unknown(
            path: Path, holder: str, dimension: str, named: Iterable[str], known: frozenset[str], effect: str
        ) -> Iterator[Notice]:
            owner = {"contract": "no contract register", "contract item": "no contract"}.get(
                dimension, "no invoice line"
            )
            for name in named:
                if not any(_matches(name, each) for each in known):
                    what = f"{holder} names the {dimension} '{name}', which {owner} has, so {effect}."
                    yield self._notice(("vendors.yaml", *path), what, dimension, name, known)

        for index, terms in enumerate(self.policies.vendors.credits):
            place: Path = ("service_credits", index)
            holder = f"service_credits of {', '.join(terms.contracts)}"
            path = (*place, "contract")
            yield from unknown(path, holder, "contract", terms.contracts, contracts, "nothing is due under it")
            for number, promise in enumerate(terms.promises):
                named = () if promise.item is None else (promise.item,)
                where = f"promise '{promise.id}' of {', '.join(terms.contracts)}"
                path = (*place, "promises", number, "item")
                yield from unknown(path, where, "contract item", named, items, "it promises nothing")
            if terms.fee_monthly is None and billed:
                where = f"fee of {', '.join(terms.contracts)}"
                path = (*place, "fee", "items")
                yield from unknown(path, where, "invoiced item", terms.fee_items, billed, "it adds nothing to the fee")
        for card in dict.fromkeys(self.policies.vendors.item_names.values()):
            effect = "what is billed under its other names has no price"
            yield from unknown(("items", card), "items", "contract item", (card,), items, effect)

    def _notice(self, place: tuple[str, *Path], what: str, dimension: str, name: str, known: frozenset[str]) -> Notice:
        """A notice at a place: the file, and where in it the name stands."""
        # Imported here, so that commands which only read names do not wait for the policies' decoder.
        from pipelines.notices.finding import Notice

        file, *path = place
        message = f"{self.folder}/{self.policies.place(file, *path)}: {what} {self._remedy(dimension, name, known)}"
        return Notice("unknown_name", f"{self.folder}/{file}", message)

    def _remedy(self, dimension: str, name: str, known: frozenset[str]) -> str:
        common = self.policies.dimensions.get(dimension, {}).get(name.strip().lower())
        if common is not None and common != name and common in known:
            return f"{self.folder}/dimensions.yaml calls it '{common}': write that."
        told = name.casefold().strip("*? ")
        # A name may be told by its beginning alone, as a pattern does.
        by_letters = {each.casefold()[: len(told)]: each for each in sorted(known, reverse=True)}
        by_letters |= {each.casefold(): each for each in sorted(known, reverse=True)}
        close = get_close_matches(told, by_letters, n=1)
        if close:
            near = by_letters[close[0]]
            capitals = " Capitals count." if near.casefold() == name.casefold() else ""
            return f"Did you mean '{near}'?{capitals}"
        if not known:
            return f"No {_word(dimension)} is named there at all."
        return f"There are {list_some(sorted(known), 8)}."


def _word(dimension: str) -> str:
    return dimension.replace("_", " ")


def _matches(pattern: str, name: str) -> bool:
    """As pools match: `*` for any text, `?` for one character, capitals do not matter."""
    told = re.escape(pattern.casefold()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(told, name.casefold(), re.DOTALL) is not None
