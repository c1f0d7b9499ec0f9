"""The training loop and what it computes with: batches, optimisers, evaluation, compilation."""
