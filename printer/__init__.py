"""Paper: receipt model, layout in display columns, ESC/POS bytes, status and spool."""
