"""Going through videos in queues: what comes next, answers, grids, the pace."""
