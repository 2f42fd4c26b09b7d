"""When runs are due: cron expressions, steps and presets, in the author's time zone; pure, the time is an argument."""
