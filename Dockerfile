# One image for every part: navette worker, beat, sink, collect, migrate. docs/deploy-compose.md says how it is run.
FROM python:3.13.7-slim-trixie AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/navette
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY worker worker
COPY storage storage
COPY mail_templates mail_templates
# Not editable and without the dev extra: the tree is not needed afterwards.
RUN /opt/navette/bin/pip install --constraint constraints.txt .

FROM python:3.13.7-slim-trixie

# pg_dump and pg_restore for navette backup and restore: Debian 13 has those of PostgreSQL 17, as docker-compose.yml.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/*
# The numbers are fixed, so that the owner of volumes and secret files can be given outside.
RUN groupadd --system --gid 10001 navette \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/navette --shell /usr/sbin/nologin navette \
 && install --directory --owner=navette --group=navette --mode=0700 /var/lib/navette
COPY --from=build /opt/navette /opt/navette

ENV PATH=/opt/navette/bin:$PATH PYTHONUNBUFFERED=1 NAVETTE_DATA_DIR=/var/lib/navette
USER 10001:10001
WORKDIR /var/lib/navette
VOLUME /var/lib/navette
EXPOSE 2525

STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=3 CMD ["navette", "health"]
ENTRYPOINT ["navette"]
CMD ["run"]
