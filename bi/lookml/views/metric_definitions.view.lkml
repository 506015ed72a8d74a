# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: metric_definitions {
  sql_table_name: mart.metric_definitions ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.metric AS VARCHAR), '') ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric"
    sql: ${TABLE}.metric ;;
  }

  dimension: label {
    type: string
    description: "Short name for people"
    sql: ${TABLE}.label ;;
  }

  dimension: meaning {
    type: string
    description: "What the number says"
    sql: ${TABLE}.meaning ;;
  }

  dimension: formula {
    type: string
    description: "How it is computed"
    sql: ${TABLE}.formula ;;
  }

  dimension: unit {
    type: string
    description: "Unit of the value; reporting is money in the reporting currency, ratio a share or quotient"
    sql: ${TABLE}.unit ;;
  }

  dimension: currency_code {
    type: string
    description: "Currency of the value, ISO 4217; empty where it is no money"
    sql: ${TABLE}.currency_code ;;
  }

  dimension: direction {
    type: string
    description: "up_is_good, down_is_good or neutral"
    sql: ${TABLE}.direction ;;
  }

  dimension: owner {
    type: string
    description: "Who answers for the definition"
    sql: ${TABLE}.owner ;;
  }

  dimension: metric_version {
    type: number
    description: "Version of the definition"
    sql: ${TABLE}.metric_version ;;
  }

  dimension: counted_records {
    type: string
    description: "What its counts and its coverage count, such as tickets or SLA clocks"
    sql: ${TABLE}.counted_records ;;
  }

  dimension: counted_in {
    type: string
    description: "Which date decides the period"
    sql: ${TABLE}.counted_in ;;
  }

  dimension: aggregation {
    type: string
    description: "How values of several cells combine: sum, breakdown_sum, stock, parts, breakdown_parts, stock_parts or none; meta.metrics says what each means"
    sql: ${TABLE}.aggregation ;;
  }

  dimension: requires {
    type: string
    description: "Domains whose data it needs"
    sql: ${TABLE}.requires ;;
  }

  dimension: publication_state {
    type: string
    description: "published, held or empty"
    sql: ${TABLE}.publication_state ;;
  }

  dimension: held_reason {
    type: string
    description: "Why it is held, in one line, and what to do"
    sql: ${TABLE}.held_reason ;;
  }

  dimension_group: held_since {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "When it was held first; it has been held since without a break"
    sql: ${TABLE}.held_since_at ;;
  }

  dimension_group: fresh_as_of {
    type: time
    timeframes: [time, date, week, month, quarter, year]
    description: "The data's clock when the published values were computed"
    sql: ${TABLE}.fresh_as_of_at ;;
  }

  measure: metric_definitions_row_count {
    type: count
    label: "What each KPI means: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [metric, label, meaning, formula, unit, currency_code, direction, owner, metric_version, counted_records, counted_in, aggregation, requires, publication_state, held_reason, held_since_time, fresh_as_of_time]
  }
}
