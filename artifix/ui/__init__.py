"""The page of `artifix ui`: a mask is painted, the part found, the image repaired, in a browser."""
