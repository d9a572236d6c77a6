"""The files a text names, also in stack traces, and whether they fit a glob."""

import re
from collections.abc import Iterator
from itertools import islice

from bot.routing import globs

FILES_LOOKED_AT = 100
# It begins where a word does, so that a long text without any is read once.
_FILE = re.compile(r"(?<![\w.@+~-])(?:[\w.@+~-]{0,80}(?:[/\\][\w.@+~-]{1,80}){1,24}|[\w@+-]{1,80}\.[A-Za-z]\w{0,7}\b)")
# A frame of a Java stack trace: com.acme.pay.Cart.add(Cart.java:42). It names the class, and the file alone.
_FRAME = re.compile(
    r"(?<![\w.$])([\w$]{1,80}(?:\.[\w$]{1,80}){1,24})\.[\w$<>]{1,80}\((\w{1,80}\.(?:java|kt|scala|groovy))\b"
)
_OF_CLASSES = (".java", ".kt", ".scala", ".groovy")


def files_in(text: str) -> list[str]:
    """List the files a text names, in the order they come; with / between folders."""
    found = {match.start(): _folder_of(match) for match in islice(_FRAME.finditer(text), FILES_LOOKED_AT)}
    for match in islice(_FILE.finditer(text), FILES_LOOKED_AT):
        # "webpack:///./src/cart.ts" names src/cart.ts.
        file = match.group().replace("\\", "/").removeprefix("/./").removeprefix("./")
        if _is_file(file, is_address=text[max(match.start() - 1, 0) : match.start() + 1] == "//"):
            found.setdefault(match.start(), file)
    return list(dict.fromkeys(found[start] for start in sorted(found)))


def fits_path(glob: str, file: str) -> bool:
    """Say whether a file fits a glob, wherever the project lies on the machine that named it.

    A name without a folder must be named by the glob: "Node.js" is not a file of `**/*.js`.
    """
    last = glob.rsplit("/", 1)[-1]
    if "/" not in file and last.startswith("*"):
        return False
    if "/" not in glob:
        return globs.fits_glob(glob, file.rsplit("/", 1)[-1])
    return any(globs.fits_tail(one, file) for one in _from_package(glob.removeprefix("/"), file))


def _folder_of(frame: re.Match[str]) -> str:
    folders = frame.group(1).split(".")[:-1]
    return "/".join([*folders, frame.group(2)])


def _is_file(file: str, *, is_address: bool) -> bool:
    has_ending = "." in file.rsplit("/", 1)[-1].strip(".")
    return has_ending or (file.count("/") > 1 and not is_address)


def _from_package(glob: str, file: str) -> Iterator[str]:
    """Give a glob, and for a class also its end from the package on: src/main/java stands before that."""
    yield glob
    package = file.split("/", 1)[0]
    at = f"/{glob}".find(f"/{package}/")
    if file.endswith(_OF_CLASSES) and package and at > 0:
        yield glob[at:]
