"""What a person should know although nothing stops for it: names that nothing has, cost that nobody bears, and more.

What does stop belongs in `pipelines.gate`.
"""
