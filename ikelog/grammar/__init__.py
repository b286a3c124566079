"""Finds and compiles the grammars, parses strings, remembers what it has seen; knows no files but its own."""
