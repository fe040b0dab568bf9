"""Klavi's APIs over our engine: Open Data (tasks, reports, updates) and Open Finance (links, consents, requests)."""
