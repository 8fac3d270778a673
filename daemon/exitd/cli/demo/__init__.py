"""The demonstration: a simulated exchange beside the real daemon, told in words."""
