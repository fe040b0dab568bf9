"""The verbs that all dialects share. It knows meanings and records; it knows no HTTP and no aggregator's words."""
