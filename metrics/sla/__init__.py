"""SLA clocks: policies, how a clock runs and when it is decided."""
