"""What tests of Troth, and of programs built on it, may use: memory twins of the ports, their contracts, the test world.

Rules
- Nothing here talks to a network, a disk or a clock of its own; everything runs on the loop and the seeds it is given.

Left out: fixtures of a test runner; contracts are classes that any runner can call.
"""

__all__: list[str] = []
