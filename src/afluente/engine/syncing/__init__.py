"""One execution, from claim to end, with its questions and the checks of what it stored."""
