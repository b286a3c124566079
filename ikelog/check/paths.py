"""Where a log lies, as the systems that show results next to files want it: from the top of the checkout."""

import os
from urllib.parse import quote

# Where the job's checkout lies: a step may run in a folder below it.
_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def repository_path(name: str) -> str:
    """Return the path of a file from the top of the checkout, with `/`; outside of it, as it is named."""
    path = os.path.abspath(name)
    for top in (*(os.environ.get(variable) for variable in _CHECKOUTS), os.getcwd()):
        if top and path.startswith(os.path.join(os.path.abspath(top), "")):
            return os.path.relpath(path, top).replace(os.sep, "/")
    return name.replace(os.sep, "/")


def relative_uri(name: str) -> str:
    """Return the same as a relative reference (RFC 3986): a log outside of the checkout goes by its mere name."""
    path = repository_path(name)
    if os.path.isabs(path) or path.startswith("../"):
        path = path.rpartition("/")[2]
    # Windows' drive letters would be taken for a scheme: quoted as well
    return quote(path.encode("utf-8", "replace"), safe="/")
