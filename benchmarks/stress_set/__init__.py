"""Hard cases with exactly known answers, made from single pictures."""
