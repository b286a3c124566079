"""The JSON Schema of the configuration file, for editors and other readers."""


def schema() -> str:
    """Return the text of the schema (draft 2020-12)."""
    from importlib.resources import files

    return files("ikelog.check").joinpath("schema.json").read_text(encoding="utf-8")
