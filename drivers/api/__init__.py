"""The seams to the hardware: what readers, cards, acceptors, barriers and displays can do.

Everything above these protocols runs unchanged on real devices, on recorded exchanges and on the
simulators. All calls block and belong to the one thread that owns the device (`drivers.worker`).

A driver is a file: ``drivers/<kind>/<name>.py`` exports ``DRIVER``; `drivers.loader` finds it by
its name in the configuration.
"""
