"""A contract of payments, written as an analyst would."""

from __future__ import annotations

SPEND = """
apiVersion: v3.2.0
kind: DataContract
id: spend
name: Spend
version: 1.0.0
status: active
domain: finance
servers:
  - {server: landing, type: local, path: "*.csv", format: csv}
schema:
  - name: lines
    logicalType: object
    physicalType: file
    customProperties:
      - {property: shape, value: lines}
      - {property: constants, value: {cost_lines.currency_code: EUR}}
      - {property: ignoreRows, value: [{column: supplier, matches: "(?i)^total"}]}
    properties:
      - name: line
        logicalType: string
        description: Line
        customProperties: [{property: feeds, value: cost_lines.cost_line_id}]
      - name: paid_on
        logicalType: date
        required: true
        description: Day of payment
        customProperties:
          - {property: formats, value: ["%d.%m.%Y"]}
          - {property: feeds, value: cost_lines.posting_date}
      - name: supplier
        logicalType: string
        description: Supplier
        customProperties: [{property: feeds, value: cost_lines.vendor}]
      - name: amount
        logicalType: number
        required: true
        description: Amount
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
customProperties:
  - {property: source, value: books}
  - {property: nullTokens, value: ["n/a"]}
  - {property: decimalSeparator, value: ","}
  - {property: thousandsSeparator, value: "."}
"""
