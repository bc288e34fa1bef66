"""What a pair is drawn for."""

MATCHING = "matching"  # the detail encoder alone: which cell of the reference shows this cell of the crop?
ALIGNMENT = "alignment"  # the whole network, the reference is the whole object: where is the masked part?
REFINEMENT = "refinement"  # the reference is the matching region: what does the masked part look like?
