"""The report on a web page of this machine: paste or drop a log; nothing is stored, nothing is sent."""
