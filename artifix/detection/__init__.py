"""Masks proposed: where an image and the reference, laid onto it, disagree."""

DETECTOR = "disagreement-1"  # who proposes; changes with what is proposed
