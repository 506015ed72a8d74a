SELECT * FROM {{ source('mart', 'metric_values') }}
