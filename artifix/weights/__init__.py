"""Weights on disk: found, pulled, and checked before they are loaded."""
