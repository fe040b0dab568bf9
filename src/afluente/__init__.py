"""Afluente: one engine for connecting bank accounts, spoken to in the words of four account aggregators."""

__version__ = "0.1.0"
