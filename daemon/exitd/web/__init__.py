"""The status page at `/`: what it is made of, and the stream that keeps it current."""
