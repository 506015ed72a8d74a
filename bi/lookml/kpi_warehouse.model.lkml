# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
connection: "kpi_warehouse"
include: "/views/*.view.lkml"

explore: resolved_ticket_records {
  label: "Resolved tickets"
  description: "One row per ticket that counts as resolved, on the day of its last resolution."
}

explore: created_ticket_records {
  label: "Created tickets"
  description: "One row per ticket that counts as created, on the day of its creation."
}

explore: cancelled_ticket_records {
  label: "Cancelled tickets"
  description: "One row per cancelled ticket, on the day of its cancellation."
}

explore: open_ticket_records {
  label: "Open tickets"
  description: "One row per open ticket, on the day of the data's clock: of earlier days the ages are not kept."
}

explore: decided_clock_records {
  label: "Decided SLA clocks"
  description: "One row per SLA clock that is met or breached, on the day on which that was decided."
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
}
