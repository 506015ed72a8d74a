# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: instrumentation_gaps {
  sql_table_name: mart.instrumentation_gaps ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.period_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.source AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.table_name AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.rule_id AS VARCHAR), '') ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric; see meta_metrics"
    sql: ${TABLE}.metric ;;
  }

  dimension_group: period_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_start_date ;;
    description: "First day of the month in the reporting time zone"
  }

  dimension: source {
    type: string
    description: "System that the records come from; empty text where they come from none or several"
    sql: ${TABLE}.source ;;
  }

  dimension: table_name {
    type: string
    description: "Canonical table whose records they are; empty text where that is not known"
    sql: ${TABLE}.table_name ;;
  }

  dimension: rule_id {
    type: string
    description: "Contract rule that set them aside; <table>.<what is missing>.measured where the export does not tell it; tickets.exact_instants.measured for tickets that are measured, but known only to between two exports; cost_lines.pool.allocated for cost that no driver took; set_aside or unknown where no more is known"
    sql: ${TABLE}.rule_id ;;
  }

  dimension: gap_kind {
    type: string
    description: "quarantined, not_instrumented, unallocated or not_attributed"
    sql: ${TABLE}.gap_kind ;;
  }

  dimension: is_period_closed {
    type: yesno
    description: "Whether the data's clock has passed the end of the month"
    sql: ${TABLE}.is_period_closed ;;
  }

  dimension: record_count {
    type: number
    description: "Records of the KPI with this reason, alone or beside others"
    sql: ${TABLE}.record_count ;;
  }

  dimension: sole_record_count {
    type: number
    description: "Those of them that have no other reason: they are measured once it is put right"
    sql: ${TABLE}.sole_record_count ;;
  }

  dimension: attributed_record_count {
    type: number
    description: "The same with each record divided equally among its reasons, so that those of a KPI and month add up to its unmeasured records"
    sql: ${TABLE}.attributed_record_count ;;
  }

  dimension: source_eligible_count {
    type: number
    description: "Records of the same source that the KPI should count in the month; empty where records lie in many months"
    sql: ${TABLE}.source_eligible_count ;;
  }

  dimension: eligible_count {
    type: number
    description: "Records that the KPI should count in the month"
    sql: ${TABLE}.eligible_count ;;
  }

  dimension: unmeasured_count {
    type: number
    description: "Those of them that are not measured, whatever the reason"
    sql: ${TABLE}.unmeasured_count ;;
  }

  dimension: lost_coverage_ratio {
    type: number
    description: "attributed_record_count / eligible_count: the coverage that the gap takes"
    sql: ${TABLE}.lost_coverage_ratio ;;
  }

  dimension: width_value {
    type: number
    description: "Part of the distance between the KPI's bounds that the gap makes, in the KPI's unit; empty where the gap leaves the KPI without a bound"
    sql: ${TABLE}.width_value ;;
  }

  dimension: bounds_width_value {
    type: number
    description: "Upper bound less lower bound of the KPI; empty where one of them is missing"
    sql: ${TABLE}.bounds_width_value ;;
  }

  dimension: is_unbounded {
    type: yesno
    description: "Whether the KPI lacks a bound in that month"
    sql: ${TABLE}.is_unbounded ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the widths"
    sql: ${TABLE}.unit ;;
  }

  measure: instrumentation_gaps_row_count {
    type: count
    label: "Gaps in instrumentation by KPI and month: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, period_start_date, source, table_name, rule_id, gap_kind, is_period_closed, record_count, sole_record_count, attributed_record_count, source_eligible_count, eligible_count, unmeasured_count, lost_coverage_ratio, width_value, bounds_width_value, is_unbounded, unit]
  }
}
