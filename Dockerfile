# The server with its page and its weights:
#   docker build -t colorify . && docker run --rm -p 127.0.0.1:8000:8000 --shm-size 2g -e COLORIFY_TOKEN=... colorify
# Then open http://127.0.0.1:8000/#token=...
# For an NVIDIA card (with its container toolkit): docker build --build-arg ACCELERATOR=cuda -t colorify:cuda .
# and docker run --gpus all. compose.yaml puts a proxy with TLS before it.

FROM python:3.11.16-slim@sha256:da047cb8f9d1d98e5c070f5300ba9f7274e33b8fc0e5be5ed88740aed1b95ba9 AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY man ./man
COPY src ./src
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -c constraints.txt .
# cpu or cuda, whose ONNX Runtime is laid over the one for CPUs
ARG ACCELERATOR=cpu
RUN if [ "$ACCELERATOR" = cuda ]; then \
        /venv/bin/pip install --no-cache-dir -c constraints.txt '.[cuda]' && \
        /venv/bin/pip install --no-cache-dir -c constraints.txt --force-reinstall --no-deps onnxruntime-gpu; \
    fi

FROM python:3.11.16-slim@sha256:da047cb8f9d1d98e5c070f5300ba9f7274e33b8fc0e5be5ed88740aed1b95ba9
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin colorify
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
# other computers can reach a container, so that the server insists on COLORIFY_TOKEN
ENTRYPOINT ["colorify", "serve", "--host", "0.0.0.0", "--port", "8000"]
