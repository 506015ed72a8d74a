SELECT * FROM {{ source('mart', 'due_delivery_records') }}
