"""Secrets: sealed at rest, hashed where they only need to be recognised, signed where they are handed out."""
