from contextlib import contextmanager
@contextmanager
def provide_servers():
    yield
