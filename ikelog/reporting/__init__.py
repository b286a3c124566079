"""Renderers: each takes the frozen Report and writes it to a stream. They format; they decide nothing."""
