"""Point matches between image and reference: classical ones, learned ones, and the pool of all."""
