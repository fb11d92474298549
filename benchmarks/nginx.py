"""nginx with a constant answer, with which the cell's plain answers are compared if it is installed."""

from __future__ import annotations

import contextlib
import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.processes import Cell
from benchmarks.servers import free_port, listening, recorded

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# One process, like the cell; it reads the request and answers from memory.
SETTINGS = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = /status {{ stub_status; }}
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


class Nginx(Cell):
    """nginx counts requests only, including those that read the count."""

    def read_state(self, *, reset: bool = False) -> dict[str, Any]:
        """Returns its count of requests in the form of a cell's state."""
        with urllib.request.urlopen(f"http://{urlsplit(self.url).netloc}/status", timeout=20) as answer:
            requests = int(answer.read().split()[9])
        return {"counts": {"requests": requests, "answers": requests}, "ms": {}}


@contextlib.contextmanager
def nginx(folder: Path, core: int | None = 0) -> Iterator[Cell]:
    """Starts nginx with the recorded body of a cell."""
    assert NGINX is not None
    port = free_port()
    answer = json.loads(recorded(False, folder).read_text())["writes"][0]
    settings = folder / "nginx.conf"
    settings.write_text(SETTINGS.format(folder=folder, port=port, body=answer.partition("\r\n\r\n")[2]))
    with listening([NGINX, "-p", str(folder), "-c", str(settings)], port, core, Nginx) as served:
        yield served
