"""From negotiations to findings: what happened, which lines prove it, who must change what."""
