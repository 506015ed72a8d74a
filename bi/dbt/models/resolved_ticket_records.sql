SELECT * FROM {{ source('mart', 'resolved_ticket_records') }}
