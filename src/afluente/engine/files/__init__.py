"""Files that come in and go out: statements read, statements made, everything exported."""
