"""The worker process of one run: ``python -m workbench.training.worker RUN_DIR``."""
