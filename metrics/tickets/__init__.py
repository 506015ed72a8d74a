"""A ticket's life: its steps, stretches, durations and days."""
