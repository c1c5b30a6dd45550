"""The verbs of the command line, one module a group. Each has `main(verb, argv) -> exit code`."""
