"""What every other folder may use: processes, paths, files. Imports nothing of n6gen but its errors."""
