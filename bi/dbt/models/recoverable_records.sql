SELECT * FROM {{ source('mart', 'recoverable_records') }}
