SELECT * FROM {{ source('mart', 'service_credit_records') }}
