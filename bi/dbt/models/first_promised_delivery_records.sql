SELECT * FROM {{ source('mart', 'first_promised_delivery_records') }}
