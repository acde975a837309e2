"""The read API: what the command line shows, over HTTP, for those whose key allows it."""
