"""Run the command line: `python -m ikelog`."""

from ikelog.cli.main import run

if __name__ == "__main__":
    run()
