# Videothek without its own servers; compose.yaml brings them.
FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 10001 videothek && \
    install --directory --owner videothek --group videothek /home/videothek/app /home/videothek/home
USER videothek
WORKDIR /home/videothek/app

# What changes rarely comes first, so that its layer is kept.
COPY --chown=videothek config/bootstrap.py config/bootstrap.py
COPY --chown=videothek requirements requirements
COPY --chown=videothek package.json package-lock.json ./
ARG VIDEOTHEK_GPU=off
RUN python3 config/bootstrap.py && rm -rf .venv/node node_modules ~/.cache ~/.npm

COPY --chown=videothek . .

ENV VIDEOTHEK_HOME=/home/videothek/home \
    HOST=0.0.0.0 \
    PORT=8000 \
    PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s CMD \
    [".venv/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=8)"]
CMD [".venv/bin/python", "manage.py", "up", "--media", "/media"]
