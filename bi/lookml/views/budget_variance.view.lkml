# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: budget_variance {
  sql_table_name: mart.budget_variance ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.month_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.cost_centre AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.account AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.team AS VARCHAR), '') ;;
  }

  dimension_group: month {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.month_date ;;
    description: "First day of the month"
  }

  dimension: cost_centre {
    type: string
    description: "Cost centre that was booked or planned"
    sql: ${TABLE}.cost_centre ;;
  }

  dimension: account {
    type: string
    description: "General ledger account that was booked or planned"
    sql: ${TABLE}.account ;;
  }

  dimension: team {
    type: string
    description: "Team of the lines; not who bears the cost after allocation"
    sql: ${TABLE}.team ;;
  }

  dimension: is_month_closed {
    type: yesno
    description: "Whether the data's clock of finance has passed the month"
    sql: ${TABLE}.is_month_closed ;;
  }

  dimension: actual_reporting {
    type: number
    description: "Cost that lies in the month; 0 where the month has cost but not here, empty where no line of it could be used"
    sql: ${TABLE}.actual_reporting ;;
  }

  dimension: budget_reporting {
    type: number
    description: "Budget; 0 where the month has a budget but not for this, empty where it has none"
    sql: ${TABLE}.budget_reporting ;;
  }

  dimension: forecast_reporting {
    type: number
    description: "Forecast lines; 0 where the month has some but not for this, empty where it has none"
    sql: ${TABLE}.forecast_reporting ;;
  }

  dimension: variance_reporting {
    type: number
    description: "Actual less budget: above 0 is overspent. Empty where either is empty"
    sql: ${TABLE}.variance_reporting ;;
  }

  dimension: cost_line_count {
    type: number
    description: "Cost lines that lie in the month"
    sql: ${TABLE}.cost_line_count ;;
  }

  dimension: measured_cost_line_count {
    type: number
    description: "Those of them that could be used"
    sql: ${TABLE}.measured_cost_line_count ;;
  }

  dimension: budget_line_count {
    type: number
    description: "Budget lines of the month"
    sql: ${TABLE}.budget_line_count ;;
  }

  dimension: measured_budget_line_count {
    type: number
    description: "Those of them that could be used"
    sql: ${TABLE}.measured_budget_line_count ;;
  }

  dimension: forecast_line_count {
    type: number
    description: "Forecast lines of the month"
    sql: ${TABLE}.forecast_line_count ;;
  }

  dimension: measured_forecast_line_count {
    type: number
    description: "Those of them that could be used"
    sql: ${TABLE}.measured_forecast_line_count ;;
  }

  measure: budget_variance_row_count {
    type: count
    label: "Budget variance by line: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [month_date, cost_centre, account, team, is_month_closed, actual_reporting, budget_reporting, forecast_reporting, variance_reporting, cost_line_count, measured_cost_line_count, budget_line_count, measured_budget_line_count, forecast_line_count, measured_forecast_line_count]
  }
}
