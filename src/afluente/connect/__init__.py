"""The connect page: one journey for the end user, in whichever system's protocol the page that opened it speaks.

A dialect gives a `Widget`: who may open the page and for what, which institutions it offers, the words it has for
failures, and what the page that opened it is told. Everything else is here.
"""
