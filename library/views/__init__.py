"""The pages of the library: the grid, files that could not be read, uploaded pictures, accounts."""
