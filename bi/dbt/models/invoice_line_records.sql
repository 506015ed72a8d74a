SELECT * FROM {{ source('mart', 'invoice_line_records') }}
