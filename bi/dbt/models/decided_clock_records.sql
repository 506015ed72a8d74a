SELECT * FROM {{ source('mart', 'decided_clock_records') }}
