"""A piece of printed paper: what stands where, as rows of dots, and how it reads as plain text."""

from dataclasses import dataclass, field

from simulators.paper_rows import COLUMN_DOTS, FeedRow, ImageRow, QrRow, Row, TextRow


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A sheet as long as it hangs in the printer, and after it was cut or torn off."""

    dots: int
    rows: list[Row] = field(default_factory=list)
    serrated: bool = False  # torn off at the bar instead of cut
    torn: bool = False  # the roll ended, or the sheet was pulled out before its end

    @property
    def blank(self) -> bool:
        """Nothing is printed on it."""
        return all(
            isinstance(row, FeedRow) or row == TextRow(cells=(), height=row.height)
            for row in self.rows
        )

    @property
    def height(self) -> int:
        """Length of the paper in dots."""
        return sum(row.height for row in self.rows)

    @property
    def text(self) -> str:
        """The sheet as plain text, column for column; wide characters are followed by spaces."""
        lines: list[str] = []
        for row in self.rows:
            match row:
                case TextRow():
                    lines.append(_line(row))
                case QrRow():
                    lines.append(f"{_indent(row.left)}[QR {row.data.decode('utf-8', 'replace')}]")
                case ImageRow():
                    lines.append(f"{_indent(row.left)}[image {row.width_bytes * 8}x{row.height}]")
                case FeedRow():
                    lines.extend([""] * row.lines)
        return "\n".join(lines) + "\n"

    @property
    def words(self) -> str:
        """The text with every gap as one space, also where characters are wide: for searching."""
        rows = (row for row in self.rows if isinstance(row, TextRow))
        return "\n".join(" ".join(_words(row)) for row in rows) + "\n"

    @property
    def qr_codes(self) -> list[str]:
        """What the QR codes on it hold."""
        return [row.data.decode("utf-8", "replace") for row in self.rows if isinstance(row, QrRow)]

    def png(self) -> bytes:
        """The sheet as a picture, a pixel for a dot."""
        from simulators.paper_picture import draw

        return draw(self.rows, dots=self.dots, serrated=self.serrated, torn=self.torn)


def _line(row: TextRow) -> str:
    line = ""
    reached = 0
    for cell in row.cells:
        column = cell.left // COLUMN_DOTS
        line += " " * (column - reached) + cell.text
        reached = max(reached, column) + (1 if cell.text.isascii() else 2)
    return line.rstrip()


def _words(row: TextRow) -> list[str]:
    """Runs of characters that touch each other and are no spaces."""
    runs = [""]
    reached = 0
    for cell in row.cells:
        if cell.left > reached or cell.text.isspace():
            runs.append("")
        runs[-1] += cell.text.strip()
        reached = cell.left + cell.width
    return [run for run in runs if run]


def _indent(left: int) -> str:
    return " " * (left // COLUMN_DOTS)
