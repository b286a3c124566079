"""One file a diagnosis. Each has a RULE; the file is named after its code."""
