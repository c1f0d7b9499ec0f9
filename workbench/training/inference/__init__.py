"""A finished run used: evaluated again, asked for predictions, exported."""
