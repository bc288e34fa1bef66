"""The scenes of the example cases: artwork, surfaces, light and camera, one module per object."""
