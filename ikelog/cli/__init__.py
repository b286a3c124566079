"""The commands: options in, one call, an exit status out."""
