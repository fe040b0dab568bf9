"""Resources: what a link can be asked for.

`table.py` has a row for each; `records.py` makes objects of records, `analysed.py` of analyses. How they are asked for
over HTTP is the same for all: `routes/resources.py`.
"""
