"""Who may call: applications with their keys, the tokens that open a session, what may be done only so often."""
