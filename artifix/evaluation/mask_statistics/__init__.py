"""What masks of artifacts are like, many of them: how large, how irregular, in how many parts."""
