"""How results look to people, as pure functions from a result to text."""
