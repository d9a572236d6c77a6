"""Whether a server on this machine is there yet."""

import http.client


def answers(port: int, path: str = "/") -> bool:
    """Say whether it answers anything at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
