"""The page of `artifix ui` as a Hugging Face Space runs it."""

import os
import sys

from artifix.cli.app import main

if __name__ == "__main__":
    # A Space is reached through a proxy, from outside the container; it says where by these variables.
    host = os.environ.get("GRADIO_SERVER_NAME", "0.0.0.0")
    port = os.environ.get("GRADIO_SERVER_PORT", "7860")
    sys.exit(main(["ui", "--host", host, "--port", port, "--max-side", "3072", "--time-limit", "300"]))
