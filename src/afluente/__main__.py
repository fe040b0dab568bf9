"""`python -m afluente` is `afluente`."""

from afluente.cli import main

main()
