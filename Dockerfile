# The image contains wireproof from its wheel, and nothing else of the checkout:
#   python -m build --wheel && docker build -t wireproof .
#   mkdir -p reports && docker run --rm --user "$(id -u)" -e OPENAI_API_KEY -v "$PWD/reports:/reports" \
#     wireproof check --endpoint https://host/v1 --report-dir /reports
FROM python:3.13-slim

COPY dist/wireproof-*-py3-none-any.whl /tmp/
RUN pip install --no-cache-dir "$(ls /tmp/wireproof-*.whl)[all]" && rm /tmp/wireproof-*.whl \
 && useradd --create-home --uid 10001 wireproof \
 && install -d -o wireproof /reports

# Under any user only the reports are written. The user is a number, so that a host can verify that it is not root.
ENV PYTEST_ADDOPTS="-p no:cacheprovider" PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /home/wireproof
ENTRYPOINT ["wireproof"]
CMD ["check", "--report-dir", "/reports"]
