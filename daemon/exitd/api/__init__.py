"""The HTTP doors of the daemon."""
