# docker build -t hubspot-dest-workers -f docs/examples/workers.Dockerfile .
FROM python:3.13-slim
COPY . /src
RUN pip install --no-cache-dir '/src[kafka,redis,listen,prometheus]' && rm -rf /src \
 && useradd --system --uid 10001 events
USER 10001
# `exec` form: SIGTERM reaches the program itself.
ENTRYPOINT ["hubspot-dest"]
STOPSIGNAL SIGTERM
