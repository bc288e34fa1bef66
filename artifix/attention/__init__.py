"""What the network says: where in the reference its cross-attention looks for the masked part."""
