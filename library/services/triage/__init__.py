"""Going through videos one by one, in queues of what is still missing."""
