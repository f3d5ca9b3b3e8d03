"""The server: pages for people and the HTTP API for systems, on top of the desk."""
