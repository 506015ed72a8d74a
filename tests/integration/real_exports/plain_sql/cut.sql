-- The export as it was at an earlier instant, the variable `as_of`.
DELETE FROM changes WHERE moment > getvariable('as_of');
DELETE FROM tickets WHERE created_at > getvariable('as_of');
UPDATE reach SET as_of = getvariable('as_of');
