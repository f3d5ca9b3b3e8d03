"""The desk: one act per file; each reads, calls the core and writes, and does no arithmetic of its own."""
