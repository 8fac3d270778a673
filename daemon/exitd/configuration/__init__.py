"""YAML in, checked settings and trigger definitions out."""
