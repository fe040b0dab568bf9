"""Executions run by any number of workers: Procrastinate on PostgreSQL. Loaded only where that was asked for."""
