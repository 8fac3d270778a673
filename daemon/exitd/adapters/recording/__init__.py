"""Files of prices: read for a rehearsal, written by a recording."""
