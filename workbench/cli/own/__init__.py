"""Commands about what is the user's own: trusted folders, plugins, new networks."""
