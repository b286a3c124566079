"""Names and numbers of the RFCs and IANA, and Cisco's spellings of them. Imports nothing of ikelog."""
