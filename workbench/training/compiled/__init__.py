"""The training step captured or compiled, and proven before it is used."""
