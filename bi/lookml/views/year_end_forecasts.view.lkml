# Generated from metrics/registry.py by `kpi export lookml`; edits are lost.
view: year_end_forecasts {
  sql_table_name: mart.year_end_forecasts ;;

  dimension: record_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: COALESCE(CAST(${TABLE}.fiscal_year_start_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.month_date AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.team AS VARCHAR), '') || '|' || COALESCE(CAST(${TABLE}.method AS VARCHAR), '') ;;
  }

  dimension_group: fiscal_year_start {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.fiscal_year_start_date ;;
    description: "First day of the fiscal year"
  }

  dimension_group: month {
    type: time
    timeframes: [date, week, month, quarter, year]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.month_date ;;
    description: "First day of the closed month from whose end the year is seen"
  }

  dimension: team {
    type: string
    description: "Team of the lines; (none) for those that name none and may be anybody's"
    sql: ${TABLE}.team ;;
  }

  dimension: method {
    type: string
    description: "How the rest of the year is estimated: forecast, budget or run_rate"
    sql: ${TABLE}.method ;;
  }

  dimension: is_chosen {
    type: yesno
    description: "Whether policies/costs.yaml chooses this method for the metric"
    sql: ${TABLE}.is_chosen ;;
  }

  dimension: actual_to_date_reporting {
    type: number
    description: "Cost of the year's months up to this one"
    sql: ${TABLE}.actual_to_date_reporting ;;
  }

  dimension: rest_of_year_reporting {
    type: number
    description: "Estimate for the months that follow; empty if some cannot be estimated"
    sql: ${TABLE}.rest_of_year_reporting ;;
  }

  dimension: year_end_reporting {
    type: number
    description: "Both together; empty if a month of the year is missing"
    sql: ${TABLE}.year_end_reporting ;;
  }

  dimension: remaining_month_count {
    type: number
    description: "Months of the year that follow"
    sql: ${TABLE}.remaining_month_count ;;
  }

  dimension: missing_month_count {
    type: number
    description: "Months without lines that the year end needs: of the year, or of the span that the run-rate is the mean of"
    sql: ${TABLE}.missing_month_count ;;
  }

  dimension: measured_month_count {
    type: number
    description: "Months of the year that are not missing and of which every line could be used"
    sql: ${TABLE}.measured_month_count ;;
  }

  dimension: run_rate_month_count {
    type: number
    description: "Closed calendar months that the run-rate is the mean of; empty for other methods"
    sql: ${TABLE}.run_rate_month_count ;;
  }

  measure: year_end_forecasts_row_count {
    type: count
    label: "Year-end forecasts: rows"
    drill_fields: [detail*]
  }

  set: detail {
    fields: [fiscal_year_start_date, month_date, team, method, is_chosen, actual_to_date_reporting, rest_of_year_reporting, year_end_reporting, remaining_month_count, missing_month_count, measured_month_count, run_rate_month_count]
  }
}
