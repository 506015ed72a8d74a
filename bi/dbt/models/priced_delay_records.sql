SELECT * FROM {{ source('mart', 'priced_delay_records') }}
