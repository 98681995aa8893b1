"""Virtual devices, so that the whole site runs with no hardware. Nothing outside imports them."""
