"""What vendors promised, delivered and billed."""
