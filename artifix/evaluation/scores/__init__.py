"""Scores of a repair that need no truth: each looks at the result, the image, the mask and the reference."""
