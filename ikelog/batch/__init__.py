"""Many logs at once: bundles, folders and object stores."""
