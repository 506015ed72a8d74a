"""Money: amounts, exchange rates, accrual, allocation and what cost is divided by."""
