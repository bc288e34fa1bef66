"""Training pairs with known matches: what they are made of, and how."""
