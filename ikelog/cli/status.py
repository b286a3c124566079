"""The exit statuses of the contract."""

USAGE = 2
NOTHING_RECOGNISED = 3
INTERNAL = 70
INTERRUPTED = 130
