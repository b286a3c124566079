"""Typed events, and how a line's parsed body becomes one."""
