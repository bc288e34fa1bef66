"""Stage 2: repaint the masked part, conditioned on the region found."""
