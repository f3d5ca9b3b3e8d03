"""The HTTP API for systems, `/api/v1`."""
