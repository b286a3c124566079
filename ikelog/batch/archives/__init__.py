"""Archives and compressed data, read as streams: nothing is unpacked to disk."""
