# artifix with its bundled weights, for CPUs:  docker build -t artifix .
# For NVIDIA GPUs:  docker build -t artifix --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .
# Run on the files of this folder:
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" artifix refine gen.png --mask mask.png --ref photo.jpg
FROM python:3.12-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /opt/artifix
COPY constraints.txt ./
# Alone: it is gigabytes, and changes least.
RUN pip install --constraint constraints.txt --index-url "$TORCH_INDEX" torch
COPY pyproject.toml README.md LICENSE ./
COPY weights weights
COPY artifix artifix
RUN pip install --constraint constraints.txt .

# Pulled weights and caches: a volume keeps them. Open to any user, as --user says who runs.
ENV HOME=/home/artifix
RUN useradd --create-home --uid 1000 artifix && chmod 1777 /home/artifix
USER 1000
WORKDIR /work
ENTRYPOINT ["artifix"]
CMD ["--help"]
