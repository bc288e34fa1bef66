"""One repair, from files to files: what refine, locate and batch do around the pipeline."""
