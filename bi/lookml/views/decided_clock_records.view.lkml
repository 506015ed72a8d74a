# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: decided_clock_records {
  sql_table_name: mart.decided_clock_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.ticket_id AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.target AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.sla_policy AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.cycle_number AS VARCHAR), '') ;;
  }

  dimension_group: period {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_date ;;
  }

  dimension: ticket_id {
    type: string
    description: "Ticket, qualified by its source"
    sql: ${TABLE}.ticket_id ;;
  }

  dimension: target {
    type: string
    description: "first_response, resolution, periodic_update, vendor_response or vendor_resolution"
    sql: ${TABLE}.target ;;
  }

  dimension: sla_policy {
    type: string
    description: "Policy in policies/sla.yaml that set the clock"
    sql: ${TABLE}.sla_policy ;;
  }

  dimension: cycle_number {
    type: number
    description: "1, and one more for every reopening that starts a new cycle"
    sql: ${TABLE}.cycle_number ;;
  }

  dimension: team {
    type: string
    description: "Team when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder; (none) where there is none"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority when the clock was decided, or now; (none) where there is none"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about; (none) where there is none"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  measure: sla_attainment_ratio {
    type: number
    label: "SLA attainment, resolution"
    description: "Share of the resolution clocks decided in the period that were met. met / (met + breached) of resolution clocks, by decided_at. A clock is decided once, at its stop or its breach, so leaving a ticket open improves nothing. Per clock, never per exported row. A ticket that an export first shows resolved is judged by the priority that it has there, and as if it never came back before. Of a snapshot under a policy that pauses, only clocks that were kept for certain are measured, so that the share leans upwards; the lower bound says how far down the truth may lie. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.resolution_met_count) > 0 THEN CAST(SUM(${TABLE}.resolution_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.resolution_met_count) AS DOUBLE PRECISION) END ;;
  }

  measure: sla_first_response_attainment_ratio {
    type: number
    label: "SLA attainment, first response"
    description: "Share of the first response clocks decided in the period that were met. met / (met + breached) of first response clocks, by decided_at. A resolution is a response, too. Where a source tells no replies, the first entry into active stands in for the first reply; of a snapshot of such a source, only clocks that were kept for certain are measured, so that the share leans upwards; the lower bound says how far down the truth may lie. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.first_response_met_count) > 0 THEN CAST(SUM(${TABLE}.first_response_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.first_response_met_count) AS DOUBLE PRECISION) END ;;
  }

  measure: sla_periodic_update_attainment_ratio {
    type: number
    label: "SLA attainment, periodic update"
    description: "Share of the clocks of the longest silence between public replies decided in the period that were met. met / (met + breached) of periodic update clocks, by decided_at. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.periodic_update_met_count) > 0 THEN CAST(SUM(${TABLE}.periodic_update_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.periodic_update_met_count) AS DOUBLE PRECISION) END ;;
  }

  measure: sla_vendor_response_attainment_ratio {
    type: number
    label: "SLA attainment, vendor response"
    description: "Share of the vendor response clocks, which run while that vendor or team has the ticket, decided in the period that were met. met / (met + breached) of vendor response clocks, by decided_at. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.vendor_response_met_count) > 0 THEN CAST(SUM(${TABLE}.vendor_response_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.vendor_response_met_count) AS DOUBLE PRECISION) END ;;
  }

  measure: sla_vendor_resolution_attainment_ratio {
    type: number
    label: "SLA attainment, vendor resolution"
    description: "Share of the vendor resolution clocks, which run while that vendor or team has the ticket, decided in the period that were met. met / (met + breached) of vendor resolution clocks, by decided_at. A clock that only stood still, as of a ticket that names the vendor and never waited for it, is met like any other; for service credits it is no case. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.vendor_resolution_met_count) > 0 THEN CAST(SUM(${TABLE}.vendor_resolution_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.vendor_resolution_met_count) AS DOUBLE PRECISION) END ;;
  }

  set: detail {
    fields: [period_date, ticket_id, target, sla_policy, cycle_number, team, priority, service, vendor]
  }
}
