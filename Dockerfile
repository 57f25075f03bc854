# The bot as an image: docker build -t kudos . && docker run --env-file kudos.env -p 8000:8000 -v kudos:/app/var kudos
# Any command of docs/reference/cli.md may follow: docker run … kudos migrate

FROM python:3.13-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --root-user-action=ignore 'uv>=0.8'
WORKDIR /app
# The packages first: they change seldom, and this layer is the long one.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev

FROM python:3.13-slim
WORKDIR /app
# A number rather than a name, so that Kubernetes can see by itself that it is not root.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin kudos && mkdir var && chown 10001:10001 var
COPY --from=build /app/.venv .venv
COPY LICENSE alembic.ini ./
COPY migrations migrations
COPY bot bot
COPY storage storage
COPY adapters adapters
COPY kudos kudos
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 PORT=8000 LOG_FORMAT=json
USER 10001:10001
VOLUME /app/var
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "kudos"]
CMD ["serve"]
