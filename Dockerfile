# Tandem without an embedded PostgreSQL: give it TANDEM_DATABASE_URL (docker-compose.yml does).
# Packages come from packages.txt, the one list; nothing is named twice.

FROM swift:6.3-bookworm AS build
WORKDIR /src
COPY packages.txt ./
COPY scripts/packages scripts/packages
RUN scripts/packages build && rm -rf /var/lib/apt/lists/*
COPY Package.swift ./
COPY Plugins Plugins
COPY Sources Sources
COPY Tests Tests
COPY sql sql
COPY scripts/build scripts/build
RUN scripts/build

FROM debian:bookworm-slim
WORKDIR /opt/tandem
COPY packages.txt ./
COPY scripts/packages scripts/packages
RUN scripts/packages run && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/tandem --create-home tandem
COPY --from=build /src/bin/tandem /usr/local/bin/tandem
COPY Demo Demo
COPY docs docs
USER tandem
# Beyond loopback, since a container's loopback is not the host's; the compose file publishes both on the host's loopback.
ENV TANDEM_LISTEN=0.0.0.0:8080 \
    TANDEM_ADMIN_LISTEN=0.0.0.0:8081 \
    TANDEM_DATA_DIR=/var/lib/tandem
VOLUME /var/lib/tandem
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["tandem"]
CMD ["serve"]
