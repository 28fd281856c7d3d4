"""`python -m contactrep` and `contactrep`: the program as a process of its own."""

from contactrep import signals, streams


def run() -> None:
    """Run the program and end the process. Signals are heeded before anything else is imported."""
    streams.fill_closed()
    signals.heed_at_once()
    from contactrep.cli import main

    try:
        main()
    finally:
        signals.leave()


if __name__ == "__main__":
    run()
