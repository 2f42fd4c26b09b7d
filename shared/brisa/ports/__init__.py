"""What brisa needs of the world, as a few verbs each; the docstrings are the contract that every adapter passes."""
