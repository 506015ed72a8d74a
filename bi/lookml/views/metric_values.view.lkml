# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: metric_values {
  sql_table_name: mart.metric_values ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_grain AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.dimension_value AS VARCHAR), '') ;;
  }

  dimension_group: period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_start_date ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric; see meta_metrics"
    sql: ${TABLE}.metric ;;
  }

  dimension: period_grain {
    type: string
    description: "day, week, month or quarter"
    sql: ${TABLE}.period_grain ;;
  }

  dimension: period_end_date {
    type: date
    convert_tz: no
    datatype: date
    description: "Last day of the period, inclusive"
    sql: ${TABLE}.period_end_date ;;
  }

  dimension: is_period_closed {
    type: yesno
    description: "Whether the data's clock has passed the end of the period"
    sql: ${TABLE}.is_period_closed ;;
  }

  dimension: dimension {
    type: string
    description: "overall, team, priority, service or vendor"
    sql: ${TABLE}.dimension ;;
  }

  dimension: dimension_value {
    type: string
    description: "Value of the breakdown; empty text for overall, (none) where records have none"
    sql: ${TABLE}.dimension_value ;;
  }

  measure: ticket_net_flow_count {
    type: number
    label: "Net flow"
    description: "Arrivals less throughput: by how much open work grew, or, below 0, shrank in the period. Tickets created - tickets resolved, without cancelled ones, both under their team as of the data's clock. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN ${TABLE}.dimension END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'ticket_net_flow_count' THEN ${TABLE}.value END) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_work_in_progress_count {
    type: number
    label: "Open tickets (work in progress)"
    description: "Tickets open: in work, be they queued, active or waiting at the end of the period; while the period is open, at the data's clock. Sum of ticket_count of fct_ticket_days (queued + active + waiting) on the last day of the period, under the team of that day. Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold all tickets that either of them shows in work. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'ticket_work_in_progress_count' THEN ${TABLE}.value END) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_backlog_count {
    type: number
    label: "Backlog (queued tickets)"
    description: "Tickets queued: ours, and not begun at the end of the period; while the period is open, at the data's clock. Sum of ticket_count of fct_ticket_days (queued) on the last day of the period, under the team of that day. Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold for anything that a ticket may have gone through in between. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'ticket_backlog_count' THEN ${TABLE}.value END) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_active_count {
    type: number
    label: "Tickets active"
    description: "Tickets being worked on at the end of the period; while the period is open, at the data's clock. Sum of ticket_count of fct_ticket_days (active) on the last day of the period, under the team of that day. Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold for anything that a ticket may have gone through in between. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'ticket_active_count' THEN ${TABLE}.value END) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_waiting_count {
    type: number
    label: "Tickets waiting"
    description: "Tickets waiting for a customer, a vendor or another team at the end of the period; while the period is open, at the data's clock. Sum of ticket_count of fct_ticket_days (waiting) on the last day of the period, under the team of that day. Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold for anything that a ticket may have gone through in between. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'ticket_waiting_count' THEN ${TABLE}.value END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_total_reporting {
    type: number
    label: "Cost"
    description: "All cost that lies in the period, allocated or not. By team, priority, service and vendor it is the cost that these bear, not the cost of the lines that name them. Sum of amount_reporting of fct_cost_allocations. Under the accrual basis a line with a service period is spread over its days, to the cent; otherwise it lies in its posting period. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_total_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_allocated_reporting {
    type: number
    label: "Allocated cost"
    description: "The part of the period's cost that a driver assigned to teams, priorities, services and vendors. Sum of amount_reporting of fct_cost_allocations where is_allocated. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_allocated_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_unallocated_reporting {
    type: number
    label: "Unallocated cost"
    description: "The part of the period's cost that no driver took. Shown, never spread in silence. Sum of amount_reporting of fct_cost_allocations where not is_allocated. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_unallocated_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_per_transaction_reporting {
    type: number
    label: "Cost per transaction"
    description: "What one completed transaction cost: a resolved ticket, or what policies/costs.yaml names instead. Allocated cost of the period / transactions completed in it; empty if none was completed or if no driver took any cost of the period. In a quarter or week, transactions of months without any cost line are not counted: they are not measured, and the bounds are empty. The lower bound adds all unallocated credits of the period, line by line, and the upper one all unallocated debits; transactions that were set aside are counted or not, whichever lies further out. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.numerator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN 1 END) AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN ${TABLE}.denominator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN 1 END) AND SUM(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) > 0 THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN CAST(${TABLE}.numerator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) / CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_per_transaction_reporting' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_budget_reporting {
    type: number
    label: "Budget"
    description: "What was budgeted for the period. Sum of amount_reporting of the budget lines of fct_budget_lines, by month_date. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_budget_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_budget_variance_reporting {
    type: number
    label: "Budget variance"
    description: "What was spent beyond the budget, also on what has no budget of its own; below 0 where less was spent. Actual cost less budget, over the months of the period that have both: variance_reporting of fct_budget_variances. All cost of such a month counts, whether or not its account has a budget. By team it is the team that was booked, before any allocation. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_budget_variance_ratio {
    type: number
    label: "Budget variance ratio"
    description: "Budget variance as a share of the budget: 0.05 is 5 % overspent, -0.05 is 5 % underspent. Actual cost less budget / budget, over the months of the period that have both; empty without budget. All cost of such a month counts, whether or not its account has a budget. Owner: Finance."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN ${TABLE}.dimension END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN ${TABLE}.numerator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN 1 END) AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN ${TABLE}.denominator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN 1 END) AND SUM(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) > 0 THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN CAST(${TABLE}.numerator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) / CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_budget_variance_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_year_end_forecast_reporting {
    type: number
    label: "Year-end forecast of cost"
    description: "What the fiscal year will have cost, as seen from the end of the month. Cost of the fiscal year's months up to this one, and an estimate of the rest by the method that policies/costs.yaml chooses: forecast lines, budget, or the mean of the last closed calendar months. Empty if a month of the year, or one that the mean is of, is missing. Nothing bounds the future, so there are bounds only for a year that is over. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_year_end_forecast_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_of_rework_reporting {
    type: number
    label: "Cost of rework"
    description: "Allocated cost that tickets bear which were reopened, or breached their resolution target. Sum of rework_reporting of fct_rework_costs: each cell's allocated cost is divided over its tickets by count, to the cent. The bounds are the same without and with the tickets of which it is not known. Owner: Finance."
    value_format: "#,##0.00 \"EUR\""
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN ${TABLE}.value END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN 1 END) THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_of_rework_reporting' THEN CAST(${TABLE}.value AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: cost_of_rework_ratio {
    type: number
    label: "Share of cost that is rework"
    description: "Cost of rework as a share of the allocated cost. Sum of rework_reporting / sum of allocated_reporting, where that is above 0, of fct_rework_costs. Owner: Finance."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.numerator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN 1 END) AND COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN ${TABLE}.denominator END) = COUNT(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN 1 END) AND SUM(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) > 0 THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN CAST(${TABLE}.numerator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) / CAST(SUM(CASE WHEN ${TABLE}.metric = 'cost_of_rework_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: vendor_committed_spend_used_ratio {
    type: number
    label: "Committed spend used"
    description: "How much of the spend committed over the whole term of the contracts was billed by the end of the month; above 1 is more than was committed. Sum of cumulative_spend_reporting / sum of committed_spend_reporting of fct_vendor_commitment_months, each contract at the exchange rate of its first day. Of one that began before the first invoice that is known of its vendor, at least so much is used. Owner: Vendor management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.value END) WHEN COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.period_grain END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.dimension END) = 1 AND COUNT(DISTINCT CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.period_start_date END) = 1 AND COUNT(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.numerator END) = COUNT(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN 1 END) AND COUNT(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN ${TABLE}.denominator END) = COUNT(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN 1 END) AND SUM(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) > 0 THEN CAST(SUM(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN CAST(${TABLE}.numerator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) / CAST(SUM(CASE WHEN ${TABLE}.metric = 'vendor_committed_spend_used_ratio' THEN CAST(${TABLE}.denominator AS DECIMAL(18, 4)) END) AS DOUBLE PRECISION) END ;;
  }

  measure: vendor_spend_concentration_ratio {
    type: number
    label: "Concentration of vendor spend"
    description: "Whether spend lies with few vendors: 1 is all with one, 0.25 is as with four equal ones (Herfindahl-Hirschman index). Sum over vendors of (amount_reporting of the vendor / that of all)^2, by invoice_date; a vendor whose credit notes outweigh its invoices has no share. Owner: Vendor management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.metric = 'vendor_spend_concentration_ratio' THEN 1 END) = 1 THEN MAX(CASE WHEN ${TABLE}.metric = 'vendor_spend_concentration_ratio' THEN ${TABLE}.value END) END ;;
  }

  set: detail {
    fields: [period_start_date, metric, period_grain, period_end_date, is_period_closed, dimension, dimension_value]
  }
}
