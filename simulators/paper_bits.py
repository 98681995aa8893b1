"""Pictures in print commands, turned into lines of dots: eight to a byte, the high bit left."""


def raster_lines(body: bytes) -> list[bytes]:
    """GS v 0: m xL xH yL yH and the lines; m doubles width (bit 0) and height (bit 1)."""
    width, data = body[2] | body[3] << 8, body[6:]
    if not width:
        return []
    lines = [data[at : at + width] for at in range(0, len(data), width)]
    if body[1] & 1:
        lines = [_doubled(line) for line in lines]
    return [line for line in lines for _ in range(1 + (body[1] >> 1 & 1))]


def column_lines(body: bytes) -> list[bytes]:
    """ESC *: m nL nH and columns of 8 or 24 dots, the high bit on top."""
    tall = 3 if body[0] in (32, 33) else 1
    data = body[3:]
    columns = [data[at : at + tall] for at in range(0, len(data), tall)]
    lines = []
    for dot in range(8 * tall if columns else 0):
        bits = [column[dot // 8] >> (7 - dot % 8) & 1 for column in columns]
        bits += [0] * (-len(bits) % 8)
        lines.append(int("".join(map(str, bits)), 2).to_bytes(len(bits) // 8, "big"))
    return lines


def _doubled(line: bytes) -> bytes:
    bits = "".join(f"{byte:08b}" for byte in line)
    return int("".join(bit * 2 for bit in bits), 2).to_bytes(2 * len(line), "big")
