"""The operator's dashboard of one application: server-made pages over what the engine knows, behind a login."""
