"""Many logs, many cores, one database: the work of `ikelog batch`."""
