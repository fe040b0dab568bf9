"""Flinks' API: cards, sessions and what is read of them over one engine."""
