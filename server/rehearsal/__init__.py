"""A rehearsal: three synthetic people go the whole way through a server, from outside.

Nothing of the server's internals is used: only its HTTP, its websocket, its media, the SMS transport
and, once it has stopped, its files through the command line.
"""
