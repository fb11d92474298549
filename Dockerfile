# The image holds wireproof from its wheel and nothing of the checkout:
#   python -m build --wheel && docker build -t wireproof .
#   docker run --rm -e OPENAI_API_KEY -v "$PWD/reports:/reports" wireproof check --endpoint https://host/v1 --report-dir /reports
FROM python:3.13-slim

COPY dist/wireproof-*-py3-none-any.whl /tmp/
RUN pip install --no-cache-dir /tmp/wireproof-*.whl && rm /tmp/wireproof-*.whl \
 && useradd --create-home --uid 10001 wireproof \
 && install -d -o wireproof /reports

USER wireproof
WORKDIR /home/wireproof
ENTRYPOINT ["wireproof"]
CMD ["check", "--report-dir", "/reports"]
