"""Places to run other than this machine: schedulers, their jobs, and what a run says of them."""
