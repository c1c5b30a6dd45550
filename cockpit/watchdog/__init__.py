"""The watchdog: a small process that hears the desk's heartbeat, and reduces risk when it stops. It can do no more."""
