# The worker: Wrangler, credentials from the environment, no checkout. What it applies comes with the workflow.
ARG NODE_IMAGE=node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev

FROM ${NODE_IMAGE}
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production \
    NODE_OPTIONS=--disable-warning=ExperimentalWarning \
    D1_RUNBOOK_HOME=/var/lib/d1-runbook \
    WRANGLER_SEND_METRICS=false \
    HOME=/tmp
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/bin ./bin
COPY --from=build /app/docker/worker-health.mjs ./docker/
COPY --from=build /app/setup ./setup
RUN mkdir --parents /var/lib/d1-runbook && chown node:node /var/lib/d1-runbook
USER node
VOLUME /var/lib/d1-runbook
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 CMD ["node", "docker/worker-health.mjs"]
# tini reaps what Wrangler leaves behind, and hands SIGTERM to the worker, which drains.
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/src/worker.js"]
