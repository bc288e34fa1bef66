"""Measuring: cases with known truth, and what each part is worth."""
