"""Ports made of real technology: one port and one technology per file, each imported only by `drivers`.

Rules
- SQL, threads and the asyncio loop's futures stay inside these modules; what leaves them are the values of the ports.
- An error of a library is raised as one of `errors`, from its cause.

Left out: which adapter is used, which `drivers` decides from a URL.
"""

__all__: list[str] = []
