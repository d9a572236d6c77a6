FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY requirements/base.txt requirements/postgres.txt requirements/
RUN pip install --require-hashes -r requirements/postgres.txt

COPY pyproject.toml README.md ./
COPY bot bot
COPY handlers handlers
COPY integrations integrations
COPY storage storage
RUN pip install --no-deps . \
    && useradd --system --uid 10001 --home-dir /data --create-home liaison

USER liaison
WORKDIR /data
VOLUME /data
ENV DATABASE_URL=sqlite:////data/liaison.db LIAISON_LOG_FORMAT=json

HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["liaison", "status"]
ENTRYPOINT ["liaison"]
CMD ["run"]
