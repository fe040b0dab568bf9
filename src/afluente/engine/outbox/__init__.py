"""What is told: facts written with what makes them true, messages made of them, carried until they have arrived."""
