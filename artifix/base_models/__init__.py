"""Public base models that paint in stage 2, through diffusers' own pipelines."""
