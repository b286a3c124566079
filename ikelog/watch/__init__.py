"""Follows a growing log, and tells of each negotiation as it ends or fails."""
