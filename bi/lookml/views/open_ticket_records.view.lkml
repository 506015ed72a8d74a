# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: open_ticket_records {
  sql_table_name: mart.open_ticket_records ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.ticket_id AS VARCHAR), '') ;;
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

  dimension: team {
    type: string
    description: "Team at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.team ;;
  }

  dimension: priority {
    type: string
    description: "Priority at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.priority ;;
  }

  dimension: service {
    type: string
    description: "Service that the ticket is about; (none) where there is none"
    sql: ${TABLE}.service ;;
  }

  dimension: vendor {
    type: string
    description: "Vendor at the last resolution; for a ticket not done, the latest; (none) where there is none"
    sql: ${TABLE}.vendor ;;
  }

  dimension: source {
    type: string
    description: "System that exported the ticket"
    sql: ${TABLE}.source ;;
  }

  dimension: ticket_type {
    type: string
    description: "Type in the source's words"
    sql: ${TABLE}.ticket_type ;;
  }

  measure: ticket_age_p50_business_hours {
    type: number
    label: "Age of open work, p50, business hours"
    description: "50 % of the tickets that are open now are no older than this, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of age_business_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.age_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_age_p85_business_hours {
    type: number
    label: "Age of open work, p85, business hours"
    description: "85 % of the tickets that are open now are no older than this, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of age_business_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.age_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_age_p95_business_hours {
    type: number
    label: "Age of open work, p95, business hours"
    description: "95 % of the tickets that are open now are no older than this, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of age_business_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.age_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_age_p50_calendar_hours {
    type: number
    label: "Age of open work, p50, calendar hours"
    description: "50 % of the tickets that are open now are no older than this, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of age_calendar_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.age_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_age_p85_calendar_hours {
    type: number
    label: "Age of open work, p85, calendar hours"
    description: "85 % of the tickets that are open now are no older than this, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of age_calendar_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.age_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_age_p95_calendar_hours {
    type: number
    label: "Age of open work, p95, calendar hours"
    description: "95 % of the tickets that are open now are no older than this, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of age_calendar_microseconds over the tickets open as of the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.age_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  set: detail {
    fields: [period_date, ticket_id, team, priority, service, vendor, source, ticket_type]
  }
}
