# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: resolved_ticket_records {
  sql_table_name: mart.resolved_ticket_records ;;

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

  measure: ticket_lead_time_p50_business_hours {
    type: number
    label: "Lead time, p50, business hours"
    description: "50 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of lead_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_lead_time_p85_business_hours {
    type: number
    label: "Lead time, p85, business hours"
    description: "85 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of lead_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_lead_time_p95_business_hours {
    type: number
    label: "Lead time, p95, business hours"
    description: "95 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of lead_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_lead_time_p50_calendar_hours {
    type: number
    label: "Lead time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of lead_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_lead_time_p85_calendar_hours {
    type: number
    label: "Lead time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of lead_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_lead_time_p95_calendar_hours {
    type: number
    label: "Lead time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period took no longer than this from creation to their last resolution, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of lead_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.lead_time_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_cycle_time_p50_business_hours {
    type: number
    label: "Cycle time, p50, business hours"
    description: "50 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of cycle_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_cycle_time_p85_business_hours {
    type: number
    label: "Cycle time, p85, business hours"
    description: "85 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of cycle_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_cycle_time_p95_business_hours {
    type: number
    label: "Cycle time, p95, business hours"
    description: "95 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of cycle_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_cycle_time_p50_calendar_hours {
    type: number
    label: "Cycle time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of cycle_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_cycle_time_p85_calendar_hours {
    type: number
    label: "Cycle time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of cycle_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_cycle_time_p95_calendar_hours {
    type: number
    label: "Cycle time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of cycle_time_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.cycle_time_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_response_p50_business_hours {
    type: number
    label: "First response time, p50, business hours"
    description: "50 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of first_response_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.first_response_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_first_response_p85_business_hours {
    type: number
    label: "First response time, p85, business hours"
    description: "85 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of first_response_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.first_response_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_response_p95_business_hours {
    type: number
    label: "First response time, p95, business hours"
    description: "95 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of first_response_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.first_response_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_response_p50_calendar_hours {
    type: number
    label: "First response time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of first_response_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.first_response_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_first_response_p85_calendar_hours {
    type: number
    label: "First response time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of first_response_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.first_response_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_response_p95_calendar_hours {
    type: number
    label: "First response time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period waited no longer than this for the first public reply by an agent, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of first_response_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where a source tells no replies, the first entry into active stands in for the reply. A ticket that was resolved without either is not measured. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.first_response_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_resolution_p50_business_hours {
    type: number
    label: "First resolution time, p50, business hours"
    description: "50 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of first_resolution_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_first_resolution_p85_business_hours {
    type: number
    label: "First resolution time, p85, business hours"
    description: "85 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of first_resolution_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_resolution_p95_business_hours {
    type: number
    label: "First resolution time, p95, business hours"
    description: "95 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of first_resolution_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_resolution_p50_calendar_hours {
    type: number
    label: "First resolution time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of first_resolution_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_first_resolution_p85_calendar_hours {
    type: number
    label: "First resolution time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of first_resolution_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_first_resolution_p95_calendar_hours {
    type: number
    label: "First resolution time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period took no longer than this from creation to their first resolution, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of first_resolution_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Lead time runs to the last resolution: the difference between the two is what reopening costs. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.first_resolution_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_queued_time_p50_business_hours {
    type: number
    label: "Queued time, p50, business hours"
    description: "50 % of the tickets resolved in the period spent no longer than this queued, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of queued_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.queued_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_queued_time_p85_business_hours {
    type: number
    label: "Queued time, p85, business hours"
    description: "85 % of the tickets resolved in the period spent no longer than this queued, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of queued_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.queued_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_queued_time_p95_business_hours {
    type: number
    label: "Queued time, p95, business hours"
    description: "95 % of the tickets resolved in the period spent no longer than this queued, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of queued_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.queued_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_queued_time_p50_calendar_hours {
    type: number
    label: "Queued time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period spent no longer than this queued, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of queued_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.queued_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_queued_time_p85_calendar_hours {
    type: number
    label: "Queued time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period spent no longer than this queued, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of queued_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.queued_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_queued_time_p95_calendar_hours {
    type: number
    label: "Queued time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period spent no longer than this queued, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of queued_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.queued_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_active_time_p50_business_hours {
    type: number
    label: "Active time, p50, business hours"
    description: "50 % of the tickets resolved in the period spent no longer than this active, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of active_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.active_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_active_time_p85_business_hours {
    type: number
    label: "Active time, p85, business hours"
    description: "85 % of the tickets resolved in the period spent no longer than this active, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of active_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.active_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_active_time_p95_business_hours {
    type: number
    label: "Active time, p95, business hours"
    description: "95 % of the tickets resolved in the period spent no longer than this active, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of active_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.active_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_waiting_time_p50_business_hours {
    type: number
    label: "Waiting time, p50, business hours"
    description: "50 % of the tickets resolved in the period spent no longer than this waiting, in open hours of the team's calendar. Continuous percentile 50 (linear interpolation) of waiting_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.waiting_business_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_waiting_time_p85_business_hours {
    type: number
    label: "Waiting time, p85, business hours"
    description: "85 % of the tickets resolved in the period spent no longer than this waiting, in open hours of the team's calendar. Continuous percentile 85 (linear interpolation) of waiting_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.waiting_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_waiting_time_p95_business_hours {
    type: number
    label: "Waiting time, p95, business hours"
    description: "95 % of the tickets resolved in the period spent no longer than this waiting, in open hours of the team's calendar. Continuous percentile 95 (linear interpolation) of waiting_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.waiting_business_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_waiting_time_p50_calendar_hours {
    type: number
    label: "Waiting time, p50, calendar hours"
    description: "50 % of the tickets resolved in the period spent no longer than this waiting, in hours by the clock on the wall. Continuous percentile 50 (linear interpolation) of waiting_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY ${TABLE}.waiting_calendar_microseconds) AS DOUBLE PRECISION) * 2) / 7200000000 ;;
  }

  measure: ticket_waiting_time_p85_calendar_hours {
    type: number
    label: "Waiting time, p85, calendar hours"
    description: "85 % of the tickets resolved in the period spent no longer than this waiting, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of waiting_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.85) WITHIN GROUP (ORDER BY ${TABLE}.waiting_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_waiting_time_p95_calendar_hours {
    type: number
    label: "Waiting time, p95, calendar hours"
    description: "95 % of the tickets resolved in the period spent no longer than this waiting, in hours by the clock on the wall. Continuous percentile 95 (linear interpolation) of waiting_calendar_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Of repeated snapshots each state counts from the export that first shows it until the next one shows another. Between the two anything may have come and gone: the bounds reach from nothing to the longest that the ticket can have lived. Owner: Service management."
    value_format: "#,##0.0"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.waiting_calendar_microseconds) AS DOUBLE PRECISION) * 20) / 72000000000 ;;
  }

  measure: ticket_flow_efficiency_business_ratio {
    type: number
    label: "Flow efficiency, business hours"
    description: "Share of the time between creation and resolution in which the tickets resolved in the period were worked on, in open hours of the team's calendar. The rest they were queued or waiting. Sum of active_business_microseconds / sum of (lead_time_business_microseconds - reopened_gap_business_microseconds), both in hours: long tickets weigh more. A ticket without history is not measured; its lead time limits by how much it could move the ratio, as it does for one that is known only by repeated snapshots, for between two of them anything may have come and gone. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN SUM(${TABLE}.flow_whole_business_microseconds) > 0 THEN CAST(SUM(${TABLE}.flow_active_business_microseconds) AS DOUBLE PRECISION) / CAST(SUM(${TABLE}.flow_whole_business_microseconds) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_flow_efficiency_calendar_ratio {
    type: number
    label: "Flow efficiency, calendar hours"
    description: "Share of the time between creation and resolution in which the tickets resolved in the period were worked on, in hours by the clock on the wall. The rest they were queued or waiting. Sum of active_calendar_microseconds / sum of (lead_time_calendar_microseconds - reopened_gap_calendar_microseconds), both in hours: long tickets weigh more. A ticket without history is not measured; its lead time limits by how much it could move the ratio, as it does for one that is known only by repeated snapshots, for between two of them anything may have come and gone. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN SUM(${TABLE}.flow_whole_calendar_microseconds) > 0 THEN CAST(SUM(${TABLE}.flow_active_calendar_microseconds) AS DOUBLE PRECISION) / CAST(SUM(${TABLE}.flow_whole_calendar_microseconds) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_resolved_count {
    type: number
    label: "Tickets resolved"
    description: "Throughput: tickets whose last resolution lies in the period and that are still done. Number of tickets by resolved_at. A ticket that reopens leaves its period: that is a restatement. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: SUM(${TABLE}.measured_count) ;;
  }

  measure: ticket_reopen_ratio {
    type: number
    label: "Rework: tickets reopened"
    description: "Share of the tickets resolved in the period that had been resolved before and came back. Tickets with reopen_count above 0 / tickets with a known reopen_count. An export without history cannot tell: its tickets lower coverage and are not taken as 0. Nor is it known of one whose resolution moved while two exports both show it done. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.reopened_count) > 0 THEN CAST(SUM(${TABLE}.reopened_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.reopened_count) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_reopen_mean_count {
    type: number
    label: "Reopens per resolved ticket"
    description: "Mean number of reopens of the tickets resolved in the period. Sum of reopen_count / tickets resolved in the period of which it is known. A reopen is a move from done back to work. An export without history cannot tell: its tickets lower coverage and are not taken as 0. Nor is it known of one whose resolution moved while two exports both show it done. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.reopen_count) > 0 THEN CAST(SUM(${TABLE}.reopen_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.reopen_count) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_reopen_p95_count {
    type: number
    label: "Reopens of a resolved ticket, p95"
    description: "95 % of the tickets resolved in the period had no more reopens than this. Continuous percentile 95 (linear interpolation) of reopen_count over the tickets resolved in the period of which it is known. A reopen is a move from done back to work. An export without history cannot tell: its tickets lower coverage and are not taken as 0. Nor is it known of one whose resolution moved while two exports both show it done. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.reopen_count) AS DOUBLE PRECISION) * 20) / 20 ;;
  }

  measure: ticket_handoff_mean_count {
    type: number
    label: "Handoffs per resolved ticket"
    description: "Mean number of handoffs of the tickets resolved in the period. Sum of handoff_count / tickets resolved in the period of which it is known. A handoff is a change of team. An export without history, or one that never names a team, cannot tell: its tickets lower coverage and are not taken as 0. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.handoff_count) > 0 THEN CAST(SUM(${TABLE}.handoff_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.handoff_count) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_handoff_p95_count {
    type: number
    label: "Handoffs of a resolved ticket, p95"
    description: "95 % of the tickets resolved in the period had no more handoffs than this. Continuous percentile 95 (linear interpolation) of handoff_count over the tickets resolved in the period of which it is known. A handoff is a change of team. An export without history, or one that never names a team, cannot tell: its tickets lower coverage and are not taken as 0. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.handoff_count) AS DOUBLE PRECISION) * 20) / 20 ;;
  }

  measure: ticket_touch_mean_count {
    type: number
    label: "Touches per resolved ticket"
    description: "Mean number of touches of the tickets resolved in the period. Sum of touch_count / tickets resolved in the period of which it is known. A touch is a public reply by an agent; where a source tells none, an entry into active. A ticket of which neither is known lowers coverage. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.touch_count) > 0 THEN CAST(SUM(${TABLE}.touch_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.touch_count) AS DOUBLE PRECISION) END ;;
  }

  measure: ticket_touch_p95_count {
    type: number
    label: "Touches of a resolved ticket, p95"
    description: "95 % of the tickets resolved in the period had no more touches than this. Continuous percentile 95 (linear interpolation) of touch_count over the tickets resolved in the period of which it is known. A touch is a public reply by an agent; where a source tells none, an entry into active. A ticket of which neither is known lowers coverage. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.##"
    drill_fields: [detail*]
    sql: ROUND(CAST(PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY ${TABLE}.touch_count) AS DOUBLE PRECISION) * 20) / 20 ;;
  }

  measure: ticket_first_contact_resolution_ratio {
    type: number
    label: "First-contact resolution"
    description: "Share of the tickets resolved in the period that one touch by one team resolved for good. Tickets with reopen_count = 0, handoff_count = 0 and touch_count = 1 / tickets of which all three are known and touch_count is at least 1. An export without history cannot tell: its tickets lower coverage and are not taken as 0. Nor is it known of one whose resolution moved while two exports both show it done. Nor who resolved a ticket that nobody is known to have touched: in the first contact, or without any. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.first_contact_count) > 0 THEN CAST(SUM(${TABLE}.first_contact_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.first_contact_count) AS DOUBLE PRECISION) END ;;
  }

  measure: sla_source_attainment_ratio {
    type: number
    label: "SLA attainment as the source system claims it"
    description: "Share of the tickets resolved in the period that the source system itself flagged as within SLA. A claim, not a measurement: compare it with sla_attainment_ratio. Tickets with is_sla_met_at_source true / tickets with the flag, one per ticket, by resolved_at. Owner: Service management."
    value_format: "#,##0.0%"
    drill_fields: [detail*]
    sql: CASE WHEN COUNT(${TABLE}.source_claim_met_count) > 0 THEN CAST(SUM(${TABLE}.source_claim_met_count) AS DOUBLE PRECISION) / CAST(COUNT(${TABLE}.source_claim_met_count) AS DOUBLE PRECISION) END ;;
  }

  set: detail {
    fields: [period_date, ticket_id, team, priority, service, vendor, source, ticket_type]
  }
}
