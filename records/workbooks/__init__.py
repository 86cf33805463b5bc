"""Safe reading and writing of .xlsx files.

Reading: `reader.read_sheet` lets the `gate` look at the file, then starts `child` as a process of its own
(`sandbox`), which unpacks (`package`), understands (`book`) and streams (`worksheet`) the one sheet whose
headers fit (`headers`). What runs in the child knows no Django and reports `faults` by code; the parent says
them in words (`refusals`, `remarks`). Writing: `writer` for many rows, `template` for the empty form.
"""
