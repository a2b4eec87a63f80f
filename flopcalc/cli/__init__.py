"""The command line: options in, a document out."""
