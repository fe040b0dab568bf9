"""What stands between the engine and an institution: its one door, credentials and answers, rests, budgets, health."""
