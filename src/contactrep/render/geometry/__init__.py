"""Where the marks of a drawing go: charts and parts → fractions, angles, labels. Pure: no colour, no pixel.

Pages, pictures and mail draw from these values. `plot` places bars, `axis` and `dates` the labels beside and
below them, `ring` the arcs of a donut; `widths` estimates how wide a text is, because nothing here can
measure a font. Widths and heights are fractions of the plot, from 0 to 1; heights grow upwards. The
terminal's charts use the same rules for round numbers and for labels of dates.
"""
