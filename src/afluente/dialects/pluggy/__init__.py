"""Pluggy's API over the engine."""
