"""The handlers, by subject. Each takes the dialect's house and a call, and returns an answer."""
