"""What `yika doctor` looks at, one thing after the other; nothing here changes money or cards."""
