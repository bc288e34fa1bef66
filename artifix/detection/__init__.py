"""Masks proposed: where an image and the reference, laid onto it, disagree."""

DETECTOR = "disagreement-1"  # who proposes; changes with what is proposed
THRESHOLD = 0.75  # probability from which on a proposal is marked; 7 % of clean photos have one
MOST = 3  # proposals
