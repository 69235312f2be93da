"""What the house holds before its first user: reference data, and a demo world loaded through the services.

`reference/` is data in files, one JSON object each: {source, licence, note, rows: [...]}. `source` says
where the rows come from. A row that nobody published carries `"synthetic": true`; where only some of its
content is made up, `synthetic_fields` names those fields and everything else in the row is as published.
Times are ISO 8601 with +08:00, distances are stakes as painted on the road ("K1012+300"), positions are WGS
84 degrees.

Codes of kinds, sectors and goods are words of these files, never of the code: another province replaces the
files and keeps the house.
"""
