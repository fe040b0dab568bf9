"""HTTP as every dialect needs it: calls, answers, bodies within bounds. It knows no dialect."""
