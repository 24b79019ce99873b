"""The only place in this app with raw SQL and COPY: batches are staged, checked, applied and undone by set-based statements."""
