"""Many runs: index, filter, columns, tags, trash and archive."""
