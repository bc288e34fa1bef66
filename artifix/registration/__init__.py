"""Registration of image and reference, without torch: hypotheses, what speaks for each, one score."""
