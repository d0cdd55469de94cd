#!/usr/bin/env python3
"""Writes a large compose file: generate.py [SERVICES] > compose.yaml

Anchors at the top, merge keys in every service, and of everything that a service usually has. 20,000 services, the
default, make 10 MB. The same number always gives the same file.
"""
import sys

HEAD = """\
name: large
x-logging: &logging
  driver: json-file
  options: {max-size: "10m", max-file: "3"}
x-environment: &environment
  TZ: Europe/Berlin
  LOG_LEVEL: ${LOG_LEVEL:-info}
  OTEL_EXPORTER_OTLP_ENDPOINT: http://collector:4317
x-defaults: &defaults
  restart: unless-stopped
  init: true
  logging: *logging
  networks: [front, back]
  deploy: &deploy
    replicas: 1
    resources:
      limits: {cpus: "0.5", memory: 256M}
      reservations: {cpus: "0.1", memory: 64M}
services:
"""

SERVICE = """\
  service-{n:05}:
    <<: *defaults
    image: registry.example.com/team-{team}/service-{n:05}:1.{minor}.0
    environment:
      <<: *environment
      NAME: service-{n:05}
      DATABASE_URL: postgres://app:secret@database-{team}:5432/service_{n:05}
    ports: ["{port}:8080"]
    volumes:
      - type: volume
        source: data-{team}
        target: /var/lib/service
      - ./config/{n:05}.yaml:/etc/app.yaml:ro
    healthcheck:
      test: [CMD, curl, -f, http://localhost:8080/health]
"""
NEEDS = "    depends_on: {{service-{before:05}: {{condition: service_healthy}}}}\n"
TAIL = "networks: {front: {}, back: {driver: bridge}}\n"


def write(out, services):
    out.write(HEAD)
    teams = max(1, min(100, services))
    for n in range(services):
        out.write(SERVICE.format(n=n, team=n % teams, minor=n % 50, port=10000 + n))
        if n % 4:
            out.write(NEEDS.format(before=n - 1))
    out.write(TAIL)
    out.write("volumes:\n" + "".join(f"  data-{team}: {{}}\n" for team in range(teams)))


write(sys.stdout, int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
