"""The ladder of a negotiation as a picture: what is in it, where each part stands, and how it is painted as SVG."""
