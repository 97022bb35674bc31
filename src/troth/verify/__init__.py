"""The stranger's verifier: one proof file and a key given from outside in, numbered checks out. No network, files or clock.

Rules
- `file` is the format, `checks` the nine checks, `rests` the ninth, `verdict` their result, `words` and `show` how it is said.
- Trust comes from outside the file. What the file says about itself only says which log is meant.

Left out: later revocation, following a whole log (`audit`), COSE receipts.
"""

__all__: list[str] = []
