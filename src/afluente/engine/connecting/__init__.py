"""The verbs about connections: create, update, answer, delete, open a session, fetch while the client waits."""
