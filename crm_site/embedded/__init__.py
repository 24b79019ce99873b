"""PostgreSQL and Valkey for a machine that has neither: started by the project itself, data under `VAR_DIR`.

Nothing in here is used where `DATABASE_URL` and `REDIS_URL` are set.
"""

from crm_site.embedded.errors import EmbeddedServerError
from crm_site.embedded.postgres import PostgresServer
from crm_site.embedded.provide import provide_servers
from crm_site.embedded.valkey import ValkeyServer

__all__ = ["EmbeddedServerError", "PostgresServer", "ValkeyServer", "provide_servers"]
