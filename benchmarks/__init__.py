"""How fast the program is, beside what the machine could do at best: `python -m benchmarks --help`."""
