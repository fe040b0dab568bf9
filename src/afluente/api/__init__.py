"""Afluente's own small API and its pages: the front door, statements, the sandbox's controls."""
