# syntax=docker/dockerfile:1
# The version is that of the dependency "node" in package.json: a test compares them.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts ./scripts
RUN ["node", "--input-type=module", "-e", "import { install } from './scripts/prepare.mjs'; install();"]
COPY nest-cli.json tsconfig.json tsconfig.build.json mikro-orm.config.ts ./
COPY src ./src
RUN node scripts/build.mjs \
  && npm prune --omit=dev --omit=optional --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/.bin/node node_modules/.seer-lockfile \
  && chmod +x dist/src/cli.js

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Seer" \
  org.opencontainers.image.description="Self-hosted workflow automation: durable runs, triggers, connections, one PostgreSQL." \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.base.name="docker.io/library/node:24.21.0-bookworm-slim"
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN ["ln", "-s", "/app/dist/src/cli.js", "/usr/local/bin/seer"]
# By number, so that Kubernetes can tell that it is not root. Nothing is written: a read-only root file system will do.
USER 1000:1000
EXPOSE 3000
# Requests and runs in progress end first, which takes up to 30 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "dist/src/healthcheck.js"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
