"""The jobs at work: queued on servers, followed and fetched into the folder that remembers them."""
