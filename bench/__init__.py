"""How fast it is: every figure beside something else that was measured in the same run on the same machine."""
