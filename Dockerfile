# The image holds wireproof from its wheel and nothing of the checkout:
#   python -m build --wheel && docker build -t wireproof .
#   mkdir -p reports && docker run --rm --user "$(id -u)" -e OPENAI_API_KEY -v "$PWD/reports:/reports" \
#     wireproof check --endpoint https://host/v1 --report-dir /reports
FROM python:3.13-slim

COPY dist/wireproof-*-py3-none-any.whl /tmp/
RUN pip install --no-cache-dir /tmp/wireproof-*.whl && rm /tmp/wireproof-*.whl \
 && useradd --create-home --uid 10001 wireproof \
 && install -d -o wireproof /reports

# Whoever runs it, nothing is written but the reports. A number, so that a host can tell that it is not root.
ENV PYTEST_ADDOPTS="-p no:cacheprovider" PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /home/wireproof
ENTRYPOINT ["wireproof"]
CMD ["check", "--report-dir", "/reports"]
