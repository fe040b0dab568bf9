"""Where everything is kept: one schema, two databases, queries by subject. Nothing outside contains SQL."""
