"""Spreadsheets: rows of a file become plain applications, and results become a workbook. No database, no web.

`reading` tells a file by its content, looks inside (`ooxml`, `biff`, `texts`) before anybody unpacks or opens it, has a
process of its own open it (`open_workbook`) and finds its table (`tables`); `columns` says which header means which
field; `cells` mends what a spreadsheet program did to one cell, or names it (`digits`, `moments`); `rows` makes the
plain application of a row; `workbooks` writes the template and the result.
"""
