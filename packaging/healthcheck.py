"""Ask the service in this container whether it is well; the exit status is 0 when it says so.

The certificate is not looked at: it is the service's own, and names what people call it, not 127.0.0.1.
"""

import http.client
import os
import ssl
import sys

TIMEOUT = 8  # s


def main() -> int:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    port = int(os.environ.get("HEYI_PORT", "8443"))
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=TIMEOUT, context=unchecked)
        if os.environ.get("HEYI_TLS_CERT")
        else http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    )
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        sys.stdout.write(answer.read().decode())
    except OSError as error:
        sys.stdout.write(f"nobody answers: {error}\n")
        return 1
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
