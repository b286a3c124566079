"""Read Cisco IPsec debug logs: which negotiations, how each went, why it failed, what to change."""

__version__ = "0.1.0"
