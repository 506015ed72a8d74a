SELECT * FROM {{ source('mart', 'open_ticket_records') }}
