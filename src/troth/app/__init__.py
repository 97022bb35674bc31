"""Composition root: settings and ports become a wired node with its sockets, writers and beats."""
