SELECT * FROM {{ source('mart', 'created_ticket_records') }}
