"""Training: pairs with known geometry, losses, the loop."""
