# An Anneal worker that trains on the processor. It needs a Temporal server: TEMPORAL_ADDRESS, or see docker-compose.yml.
FROM node:24.21.0-bookworm-slim

RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates libopenblas0 python3 python3-venv \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /app /var/cache/anneal /var/lib/anneal \
  && ln -s /app/bin/anneal /usr/local/bin/anneal

ENV ANNEAL_CACHE=/var/cache/anneal \
  ANNEAL_HOME=/var/lib/anneal \
  HF_HOME=/var/lib/anneal/huggingface

WORKDIR /app
USER node

# `npm ci --ignore-scripts` by way of set-up, which notes what it did for `anneal doctor`. No Temporal CLI: the
# server runs elsewhere.
COPY package.json package-lock.json ./
COPY scripts/setup.js scripts/toolchain.js scripts/
COPY scripts/setup scripts/setup
RUN node scripts/setup.js --only packages && rm -r /var/cache/anneal/npm

COPY adapters/mlx adapters/mlx
RUN node scripts/setup.js --only trainer && node scripts/setup.js --only openblas

COPY activities activities
COPY adapters adapters
COPY artifacts artifacts
COPY bin bin
COPY cli cli
COPY configs configs
COPY data data
COPY examples/support-triage examples/support-triage
COPY evaluation evaluation
COPY metrics metrics
COPY worker worker
COPY workflows workflows
# Bundled now, so that the first start need not.
RUN node --input-type=module --eval "import { workflowBundle } from './worker/bundle.ts'; await workflowBundle();"

VOLUME /var/lib/anneal

# Healthy: a worker runs and polls both queues.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
  CMD ["node", "--input-type=module", "--eval", "import { findHome } from './worker/home.ts'; import { runningPart } from './worker/state.ts'; process.exit(runningPart(findHome(), 'worker') ? 0 : 1);"]

# As in worker/flags.ts.
ENV MALLOC_ARENA_MAX=2
CMD ["node", "--max-semi-space-size=8", "worker/main.ts"]
