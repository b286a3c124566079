"""The profiles that come with ikelog, a TOML file each."""
