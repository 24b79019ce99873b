"""Batch provisioning for other systems, over HTTP."""
