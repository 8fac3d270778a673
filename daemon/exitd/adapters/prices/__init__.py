"""What the price feeds of all venues have in common, from frame to tick."""
