"""The training loop: trainer, batches, optimisers, evaluation, compilation."""
