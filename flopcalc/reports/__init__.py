"""Numbers become documents: one file a command."""
