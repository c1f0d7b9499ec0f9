"""One run over several processes: who they are, what each computes, and how it is put together."""
