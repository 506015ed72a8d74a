# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: initiative_returns {
  sql_table_name: mart.initiative_returns ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.initiative_id AS VARCHAR), '') ;;
  }

  dimension: initiative_id {
    type: string
    description: "Initiative"
    sql: ${TABLE}.initiative_id ;;
  }

  dimension: initiative_name {
    type: string
    description: "Name for people"
    sql: ${TABLE}.initiative_name ;;
  }

  dimension: owner {
    type: string
    description: "Who answers for it"
    sql: ${TABLE}.owner ;;
  }

  dimension_group: start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.start_date ;;
    description: "When it begins, under the policy"
  }

  dimension_group: payback_target {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.payback_target_date ;;
    description: "Day by which its benefit is to have covered its cost, under the policy"
  }

  dimension: is_declared {
    type: yesno
    description: "Whether policies/initiatives.yaml knows it"
    sql: ${TABLE}.is_declared ;;
  }

  dimension_group: first_line {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.first_line_date ;;
    description: "Day of its first line"
  }

  dimension: cost_to_date_reporting {
    type: number
    description: "Cost to date; empty if it has no line"
    sql: ${TABLE}.cost_to_date_reporting ;;
  }

  dimension: benefit_to_date_reporting {
    type: number
    description: "Benefit to date; empty if it has no line"
    sql: ${TABLE}.benefit_to_date_reporting ;;
  }

  dimension: net_to_date_reporting {
    type: number
    description: "Benefit less cost"
    sql: ${TABLE}.net_to_date_reporting ;;
  }

  dimension: return_ratio {
    type: number
    description: "Net to date over cost to date, the return on investment; empty unless the cost is above 0"
    sql: ${TABLE}.return_ratio ;;
  }

  dimension_group: payback {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.payback_date ;;
    description: "First day on which cumulative benefit covers cumulative cost; empty if not yet"
  }

  dimension_group: paid_back_since {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.paid_back_since_date ;;
    description: "Day from which on it has covered it without a break; later than payback_date if cost outran it since; empty if it does not cover it now"
  }

  dimension: is_paid_back {
    type: yesno
    description: "Whether it covers it as of the data's clock: later cost may have outrun it again"
    sql: ${TABLE}.is_paid_back ;;
  }

  dimension: line_count {
    type: number
    description: "Lines that are tagged to it"
    sql: ${TABLE}.line_count ;;
  }

  dimension: measured_line_count {
    type: number
    description: "Those that could be used: with a day and an amount, and not set aside"
    sql: ${TABLE}.measured_line_count ;;
  }

  dimension: line_before_start_count {
    type: number
    description: "Lines dated before the initiative begins; counted nevertheless"
    sql: ${TABLE}.line_before_start_count ;;
  }

  measure: initiative_returns_row_count {
    type: count
    label: "Returns of initiatives: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [initiative_id, initiative_name, owner, start_date, payback_target_date, is_declared, first_line_date, cost_to_date_reporting, benefit_to_date_reporting, net_to_date_reporting, return_ratio, payback_date, paid_back_since_date, is_paid_back, line_count, measured_line_count, line_before_start_count]
  }
}
