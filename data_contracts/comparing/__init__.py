"""What two versions of a contract say differently, and whom each change breaks.

`contracts` compares whole contracts; columns and rules have a module each. Which KPIs a change touches is known to
`pipelines`, because contracts do not know of metrics.
"""
