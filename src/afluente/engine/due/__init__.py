"""What falls due, in the order of its instants, and what has been kept long enough."""
