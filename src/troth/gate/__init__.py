"""The one decision: may this party do this with this thing, for this purpose, now?

`question` holds the values doors may see; `decide` is the pure function, asked by journeys only; `leases` holds answers for
use and is the only maker of the stamps that stores accept.
"""
