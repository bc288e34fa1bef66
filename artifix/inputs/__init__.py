"""Files to a case: images, masks and references, checked and decoded."""
