"""The private machine: namespaces, files and processes that a learner may do anything with."""
