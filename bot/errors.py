"""The errors a person may read."""


class UserError(Exception):
    """Something a person asked for cannot be done; the text is for that person and is shown as it is.

    It says why and what to do next.
    """


class PermissionRefused(UserError):
    """A person has not the right to do this; the text names who has. Logged, unlike other user errors."""


class Conflict(UserError):
    """Somebody else was faster; the text says who and what they did."""
