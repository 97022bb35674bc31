"""Things and their data as frozen values: results, times, queries, stamps, and the ports that keep observations.

`stamps` holds the stamps that only the gate gives; `stores` the ports that accept nothing else.
"""
