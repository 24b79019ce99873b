"""gunicorn's configuration: `gunicorn -c python:crm_site.web_server crm_site.wsgi`.

gunicorn reads the names below; `docs/operate.md` explains the variables.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from environs import Env, EnvError, validate

from crm_site.environment import WrongEnvironment, read_environment

_env = Env()
try:
    # Told here in one line: an error in a web process would be a traceback, again and again.
    read_environment(Path(__file__).resolve().parent.parent)
    _host = _env.str("LISTEN_ADDRESS", "") or "127.0.0.1"
    _port = _env.int("PORT", 8000, validate=validate.Range(min=1, max=65535))
    workers = _env.int("WEB_WORKERS", 2, validate=validate.Range(min=1))
    threads = _env.int("WEB_THREADS", 4, validate=validate.Range(min=1))
except (WrongEnvironment, EnvError) as error:
    sys.exit(f"web: {' '.join(str(error).split())}")

bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
# Loaded once and shared: half the memory and half the start. Code that cannot be loaded ends the server instead of restarting for ever.
preload_app = True
worker_class = "gthread"
# Uploads of the largest allowed file over a slow line; a thread that waits does not hold up the others.
timeout = 300
graceful_timeout = 30
keepalive = 5
# Renewed from time to time, at different moments, so that no leak of a library can grow for ever.
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat file must not lie on a disk that may be busy. gunicorn makes a private one in the folder.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # nosec B108
control_socket_disable = True
errorlog = "-"
accesslog = _env.str("WEB_ACCESS_LOG", "") or None
