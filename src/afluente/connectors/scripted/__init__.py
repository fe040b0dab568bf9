"""The invented bank: an institution with no network that does what it is told, in every kind the engine knows.

    connector = ScriptedConnector(catalogue.meanings)
    institutions()    # the institutions it acts out
    scenarios()       # how to tell it what to do
    merchants()       # who sells to the people in it

User names with a documented behaviour are in `users.toml`, login scripts in `logins.toml`, the institutions in
`institutions.toml`. Any meaning of the catalogue can be provoked with `act+<meaning>` as the user name.
"""

from __future__ import annotations

from afluente.connectors.scripted.connector import ScriptedConnector
from afluente.connectors.scripted.register import institutions
from afluente.connectors.scripted.scenarios import Scenario, scenarios
from afluente.connectors.scripted.shops import merchants

__all__ = ["Scenario", "ScriptedConnector", "institutions", "merchants", "scenarios"]
