"""Afluente: one engine for connecting bank accounts, spoken to in the words of four account aggregators.

    from afluente import explain, translate
    explain("belvo", code="login_error", message="The user account is locked…", locale="pt-BR").meaning.action

Both are pure look-ups that need no server; nothing is loaded before one of them is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afluente.catalogue import explain, translate

__version__ = "0.1.0"
__all__ = ["__version__", "explain", "translate"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load the catalogue when somebody first asks for one of its two questions."""
        if name not in ("explain", "translate"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from afluente import catalogue

        found = globals()[name] = getattr(catalogue, name)
        return found
