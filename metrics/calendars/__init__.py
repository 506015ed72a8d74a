"""Working calendars: open time, day by day and instant by instant."""
