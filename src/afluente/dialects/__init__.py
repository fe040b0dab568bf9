"""The systems whose APIs are spoken here, one folder each; strangers to one another."""
