"""The front desk: one page on which staff issue, extend, replace and block cards."""
