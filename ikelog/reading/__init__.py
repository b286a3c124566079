"""From files, pipes and compressed logs to numbered lines and the tagged segments in them."""
