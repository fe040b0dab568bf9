"""What can be read out of movements alone: income, recurring expenses, risk figures, cash flow.

Pure functions over the records of `afluente.core`. `history.read` prepares accounts and movements once; every other
function takes what it returns. Nothing here knows a system's words: kinds, cadences and confidences are neutral, and
a dialect says them in its own.
"""
