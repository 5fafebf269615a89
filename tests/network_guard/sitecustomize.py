"""Python imports this by itself where the folder is on PYTHONPATH, in child processes too.

Any attempt to reach another machine through Python is refused, and noted in the file
$NETWORK_ATTEMPTS. What native code does by itself is not seen.
"""

import ipaddress
import os
import sys
from pathlib import Path

_WATCHED = {  # audit events, and which of their arguments is the address
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def _is_here(address):
    """Whether an address is this machine's: loopback, a Unix socket's path, or none at all."""
    if not isinstance(address, tuple):
        return True
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _watch(event, arguments):
    if event not in _WATCHED:
        return
    address = arguments[_WATCHED[event]]
    if event.startswith("socket.get"):
        address = (address,)
    if not _is_here(address):
        with Path(os.environ["NETWORK_ATTEMPTS"]).open("a", encoding="utf-8") as attempts:
            attempts.write(f"{event} {address} by {' '.join(sys.argv)[:80]}\n")
        raise ConnectionRefusedError(f"the network guard refuses {address}")


if "NETWORK_ATTEMPTS" in os.environ:
    sys.addaudithook(_watch)
