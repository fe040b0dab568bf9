"""Belvo's API: links, sessions and resources of both of its generations over one engine."""
