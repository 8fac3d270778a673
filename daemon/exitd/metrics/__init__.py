"""What Prometheus is told: counted from facts and log events, looked up at a scrape."""
