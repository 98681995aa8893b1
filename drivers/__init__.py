"""Hardware drivers. They move opaque bytes and know no holder, no money and no lane."""
