"""The machine itself: clock, systemd notification."""
