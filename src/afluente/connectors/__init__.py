"""Who speaks to institutions: one folder for each family, strangers to one another."""
