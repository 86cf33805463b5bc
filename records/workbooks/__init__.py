"""Safe reading and writing of .xlsx files.

Reading: `reader.read_sheet` lets the `gate` look at the file, then starts `child` as a process of its own
(`sandbox`), which gives up all it can (`confinement`), unpacks (`package`), understands (`book`) and streams
(`worksheet`) the rows (`listing`) of the one sheet whose headers fit (`selection`, `headers`). What runs in the
child knows no Django and reports `faults` by code; the parent says them in words (`refusals`, `remarks`).
Writing: `writer` for many rows, `template` for the empty form.
"""
