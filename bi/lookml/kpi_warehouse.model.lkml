# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
connection: "kpi_warehouse"
include: "/views/*.view.lkml"

explore: resolved_ticket_records {
  label: "Resolved tickets"
  description: "One row per ticket that counts as resolved or may, on the day of its last resolution."
}

explore: created_ticket_records {
  label: "Created tickets"
  description: "One row per ticket that counts as created, on the day of its creation."
}

explore: cancelled_ticket_records {
  label: "Cancelled tickets"
  description: "One row per ticket that is cancelled or may be, on the day of its cancellation."
}

explore: open_ticket_records {
  label: "Open tickets"
  description: "One row per open ticket, on the day of the data's clock: of earlier days the ages are not kept."
}

explore: decided_clock_records {
  label: "Decided SLA clocks"
  description: "One row per SLA clock that is met or breached, on the day on which that was decided, or of which the export leaves open which of the two."
}

explore: priced_delay_records {
  label: "Priced delays"
  description: "One row per resolved ticket whose delay a rule prices, on the day of its last resolution."
}

explore: due_delivery_records {
  label: "Due deliveries"
  description: "One row per delivery that was made or is due, on the day of the promise in force."
}

explore: first_promised_delivery_records {
  label: "Deliveries by first promise"
  description: "One row per delivery that was made or is due, on the day that was promised first."
}

explore: invoice_line_records {
  label: "Invoice lines"
  description: "One row per invoice or credit note line, on the date of the invoice."
}

explore: service_credit_records {
  label: "Service credits"
  description: "One row per contract, promise and period that is over, on the last day that the contract covers."
}

explore: recoverable_records {
  label: "Money to recover from vendors"
  description: "One row per amount that is to come back from a vendor, or that may be."
}

explore: metric_values {
  label: "KPI values"
  description: "One row per metric, period and breakdown value, as published. Always choose one period_grain and one dimension: values of several are empty here, for they count the same records several times."
  always_filter: {
    filters: [metric_values.period_grain: "month", metric_values.dimension: "overall"]
  }
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${metric_values.metric} = ${metric_definitions.metric} ;;
  }
}

explore: metric_definitions {
  label: "What each KPI means"
  description: "One row per KPI: what it means, its unit, which way it should go, who answers for it, and whether it is fresh or held. Other relations name it by metric."
}

explore: kpi_targets {
  label: "KPIs against targets"
  description: "One row per metric and breakdown value with a target in policies/targets.yaml and closed week, month or quarter that it is for: whether the target was met. Targets of the whole have the dimension overall."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${kpi_targets.metric} = ${metric_definitions.metric} ;;
  }
}

explore: kpi_signals {
  label: "Signals and usual variation"
  description: "One row per metric and closed week, month or quarter with a value: whether it is a signal or usual variation, by the XmR chart of the metric. Periods that data tell only in part, and weeks and quarters that lack whole months of cost, have no row."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${kpi_signals.metric} = ${metric_definitions.metric} ;;
  }
}

explore: kpi_change_drivers {
  label: "What drove each change"
  description: "What drove the change of a metric from one closed period to the next, by breakdown: parts of one breakdown add up to the change exactly. Percentiles cannot be taken apart and have no rows, nor have changes from or to periods that data tell only in part, or weeks and quarters that lack whole months of cost."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${kpi_change_drivers.metric} = ${metric_definitions.metric} ;;
  }
}

explore: missing_cost_months {
  label: "Months of cost that are missing"
  description: "One row per KPI of the ledger's cost and week or quarter that reaches into months of which the ledger has no line at all, or lacks all postings; a month that lacks them has a row itself, as have its days. Its sums lack them, so they are compared with no other period: they are no signal, and no change from or to them is explained."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${missing_cost_months.metric} = ${metric_definitions.metric} ;;
  }
}

explore: partial_periods {
  label: "Periods that data tell in part"
  description: "One row per KPI and period of which its data do not tell from its first day on, because they begin later: a log that begins on 29 February tells of one day of that month; or not to its last, because somebody chose to measure as of a later day than they end on. Its values are true of what is there, but they are compared with no other period: they are no signal, and no change from or to them is explained."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${partial_periods.metric} = ${metric_definitions.metric} ;;
  }
}

explore: sla_at_risk {
  label: "SLA at risk"
  description: "One row per SLA clock that runs or is paused as of the data's clock (as_of_at in meta.run): what is promised of it, by when, and how much of the target is used. Least open time left first, as little as it can be."
}

explore: aging_work {
  label: "Aging work"
  description: "One row per open ticket: its age, its status and since when it has been in it, and what is due next. As of the data's clock."
}

explore: cumulative_flow {
  label: "Cumulative flow by day"
  description: "Per day and service: tickets that had ever arrived by the day's end, and where they were then. Arrived = queued + active + waiting + done + cancelled. Add up over services, never over days."
}

explore: unit_cost_bridges {
  label: "Bridge of cost per transaction"
  description: "What moved cost per transaction from one closed period to the next, in parts that add up to the change exactly. Bridges over several periods are added up. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics)."
}

explore: budget_variance {
  label: "Budget variance by line"
  description: "One row per month, cost centre, account and team: what it cost, what was planned, and the difference. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics)."
}

explore: year_end_forecasts {
  label: "Year-end forecasts"
  description: "What a fiscal year will have cost, as seen from the end of each of its closed months, by team and method. Plans are those of today. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics)."
}

explore: initiative_returns {
  label: "Returns of initiatives"
  description: "One row per initiative of policies/initiatives.yaml or of a tag: cost and benefit to date, and when it paid back. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics)."
}

explore: vendor_scorecards {
  label: "Vendor scorecards"
  description: "One row per vendor and period: the total of its scorecard, how much of it is measured, and within which bounds."
}

explore: vendor_scorecard_parts {
  label: "Parts of vendor scorecards"
  description: "One row per vendor, period and part of the scorecard: the metric's value and what it is worth."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${vendor_scorecard_parts.metric} = ${metric_definitions.metric} ;;
  }
}

explore: vendor_money_to_recover {
  label: "Money to recover by vendor and month"
  description: "One row per vendor and month in which something is to come back from it, or may be: billed above contract, billed twice, and owed for broken promises."
}

explore: vendor_commitments {
  label: "Committed spend of contracts"
  description: "One row per contract with committed spend: what is used, and when it will be used up, as of the data's clock. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics)."
}

explore: contract_expiries {
  label: "Contracts that end"
  description: "One row per active contract that ends: until when notice can be given and when it ends, as of the data's clock."
}

explore: instrumentation_scorecard {
  label: "What to put right first"
  description: "What to put right first: one row per source, table and rule, or thing that the export does not tell, with how much of it is captured, how that changed, the KPIs that it touches and how wide it makes the bounds of one."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${instrumentation_scorecard.metric} = ${metric_definitions.metric} ;;
  }
}

explore: instrumentation_gaps {
  label: "Gaps in instrumentation by KPI and month"
  description: "What each gap in instrumentation does to each KPI, by month: records that are not measured, by source and reason, and the part of the distance between the bounds that they make. The parts of a KPI and month add up to the whole."
  join: metric_definitions {
    type: left_outer
    relationship: many_to_one
    sql_on: ${instrumentation_gaps.metric} = ${metric_definitions.metric} ;;
  }
}
