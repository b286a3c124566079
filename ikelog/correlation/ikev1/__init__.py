"""IKEv1: lines into ISAKMP SAs, and what became of each (RFC 2408, RFC 2409)."""
