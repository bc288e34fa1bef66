"""Stage 1: where in the reference is the masked part?"""
