"""The names of the commands, and what each is for."""

COMMANDS = {
    "analyze": "The main job: negotiations, timelines, diagnoses.",
    "timeline": "The ladder of each negotiation: every message and local step.",
    "events": "Every event as it is parsed, one JSON object a line.",
    "diff": "What changed between two captures, peer by peer.",
    "check": "The CI gate: logs against a threshold, expectations and a profile.",
    "batch": "Bundles and folders of logs, on many cores, into one database.",
    "watch": "Follow a growing log: each negotiation as it comes up, fails or ends.",
    "serve": "A local web page to paste or drop logs into.",
    "explain": "One diagnosis as a manual page.",
    "rules": "All diagnoses as a table.",
    "debugs": "Which debugs to take for which question, limited to one peer.",
    "schema": "The JSON Schema of the report.",
    "completion": "The completion script of a shell.",
}
# For those who work on ikelog itself: not listed.
HIDDEN = ("grammar",)
