SELECT * FROM {{ source('mart', 'cancelled_ticket_records') }}
