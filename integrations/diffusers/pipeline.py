"""artifix as a custom pipeline of diffusers: lie beside weights on the Hub, where diffusers looks for it.

    pipeline = DiffusionPipeline.from_pretrained(WEIGHTS, custom_pipeline=REPOSITORY, trust_remote_code=True)
    result = pipeline(image, mask, reference)

Needs `pip install artifix`.
"""

import artifix.pipeline


# By attribute: diffusers takes the one pipeline class that the names of this module hold.
class RefineByAlignPipeline(artifix.pipeline.RefineByAlignPipeline):
    """The pipeline of artifix itself; arguments, result and errors of a call as of `artifix.refine`."""
