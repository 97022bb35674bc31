"""Prepared files in memory."""

__all__ = ["MemoryPrepared"]


class MemoryPrepared:
    """A `things.prepared.PreparedFiles`. `files`: what lies there, for tests to look at."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}

    def append(self, name: str, data: bytes) -> None:
        """As the port says."""
        self.files.setdefault(name, bytearray()).extend(data)

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """As the port says."""
        return bytes(self.files.get(name, b"")[offset : offset + length])

    def delete(self, name: str) -> None:
        """As the port says."""
        self.files.pop(name, None)

    def clear(self) -> None:
        """As the port says."""
        self.files.clear()
