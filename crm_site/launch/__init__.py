"""Brings the product up on a fresh machine and runs its processes in one terminal (`make run`)."""
